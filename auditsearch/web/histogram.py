"""Events over time as bars, drawn by the server: each is a link into its stretch of time, and there are ways out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext

from auditsearch import intervals
from auditsearch.backends.base import Interval
from auditsearch.event import from_micros, micros
from auditsearch.exceptions import InvalidValue
from auditsearch.search import Events
from auditsearch.web.state import State

WIDTH, HEIGHT = 1000, 100
"""The drawing's own units; it is stretched to the page."""

BARS = 96
"""Bars at most where the interval adapts."""

SPANS: dict[Interval, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
TITLES: dict[Interval, Any] = {
    "minute": gettext_lazy("minutes"),
    "hour": gettext_lazy("hours"),
    "day": gettext_lazy("days"),
    "week": gettext_lazy("weeks"),
    "month": gettext_lazy("months"),
    "year": gettext_lazy("years"),
}
_FORMATS = {"minute": "j M Y H:i", "hour": "j M Y H:i", "month": "F Y", "year": "Y"}


Ends = tuple[datetime | None, datetime | None]
"""Times of the first and the last event, None where they are not known."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of time: its `count`, the outlines of its `room` and of its bar, what its tooltip says, and the
    address that zooms into it."""

    count: int
    room: str
    shape: str
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, and the addresses of the ways out: `earlier`, `later`, `wider`, `whole` ("" where all is shown)."""

    bars: list[Bar]
    interval: str
    first: str
    last: str
    highest: int
    peak: str
    exact: bool
    earlier: str
    later: str
    wider: str
    whole: str


def chart(state: State, events: Events, now: datetime, ends: Ends = (None, None)) -> Chart | None:
    """Return the bars of `events`, None where there is nothing to draw. `ends` are asked where they are not given.

    Raises InvalidValue on an interval that there is not, QueryError where it makes more than 2,000 bars.
    """
    zone = timezone.get_current_timezone()
    low, high = _range(state, events, now, ends)
    if low is None or high is None or low >= high:
        return None
    interval = _interval(state, high - low)
    found = events.histogram(interval, zone)
    edges = intervals.starts(micros(low), micros(high) - 1, interval, zone)
    counts = dict(found.bars)
    values = [counts.get(edge, 0) for edge in edges[:-1]]
    bars = _bars(state, edges, values, interval, zone)
    return Chart(
        bars,
        str(TITLES[interval]),
        _label(edges[0], interval, zone),
        _label(edges[-2], interval, zone),
        max(values),
        f"{max(values):,}",
        found.exact,
        **_ways(state, low, high),
    )


def _range(state: State, events: Events, now: datetime, ends: Ends) -> Ends:
    """What the time axis shows: the asked stretch; where it is open, from the first event or to the last one."""
    since, until = state.span(now)
    if until is None:
        last = ends[1] or events.aggregate(last=Max("timestamp"))["last"]
        until = max(now, last or now) if since else last
        until = until and until + timedelta(microseconds=1)
    return since or ends[0] or events.aggregate(first=Min("timestamp"))["first"], until


def _interval(state: State, span: timedelta) -> Interval:
    if not state.interval:
        return next((name for name, length in SPANS.items() if span / length <= BARS), "year")
    for name in SPANS:
        if name == state.interval:
            return name
    raise InvalidValue(f"There is no interval {state.interval!r}. There are: {', '.join(SPANS)}.")


def _bars(state: State, edges: list[int], values: list[int], interval: Interval, zone: tzinfo) -> list[Bar]:
    step, most = WIDTH / len(values), max(values) or 1
    bars = []
    for number, (edge, end, value) in enumerate(zip(edges, edges[1:], values, strict=False)):
        height = max(2.0, value / most * HEIGHT) if value else 0.0
        events = ngettext("%(count)s event", "%(count)s events", value) % {"count": f"{value:,}"}
        url = state.url(since=said(edge, zone), until=said(end, zone), interval="", cursor="")
        label = f"{_label(edge, interval, zone)} · {events}"
        x = f"M{number * step:.2f} {HEIGHT}h{step:.2f}v-"
        bars.append(Bar(value, f"{x}{HEIGHT}h-{step:.2f}z", f"{x}{height:.2f}h-{step:.2f}z", label, url))
    return bars


def _ways(state: State, low: datetime, high: datetime) -> dict[str, str]:
    span, zone = high - low, timezone.get_current_timezone()

    def shifted(start: timedelta, end: timedelta) -> str:
        try:
            since, until = said(micros(low + start), zone), said(micros(high + end), zone)
        except OverflowError:
            return ""
        return state.url(since=since, until=until, interval="", cursor="")

    if not state.since and not state.until:
        return dict.fromkeys(("earlier", "later", "wider", "whole"), "")
    return {
        "earlier": shifted(-span, -span),
        "later": shifted(span, span),
        "wider": shifted(-span, span),
        "whole": state.url(since="", until="", interval="", cursor=""),
    }


def said(moment: int, zone: tzinfo) -> str:
    """Return microseconds since the epoch as `since` and `until` take it: short where that means the same."""
    local = from_micros(moment).astimezone(zone)
    short = local.replace(tzinfo=None).isoformat(" ", "minutes")
    same = datetime.fromisoformat(short).replace(tzinfo=zone)
    return short if micros(same) == moment else local.isoformat()


def _label(moment: int, interval: Interval, zone: tzinfo) -> str:
    return date_format(from_micros(moment).astimezone(zone), _FORMATS.get(interval, "D j M Y"))
