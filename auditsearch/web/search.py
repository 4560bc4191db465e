"""The search page: the box and what narrows it, the question as a sentence, the chart, the facets, the lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from auditsearch.columns import SORTABLE
from auditsearch.exceptions import AuditSearchError, Misread, QueryError
from auditsearch.logs.catalog import label
from auditsearch.paging import Sheet
from auditsearch.promoted import promoted
from auditsearch.query.text import parse
from auditsearch.search import Events
from auditsearch.web import saved
from auditsearch.web.door import door
from auditsearch.web.facets import Choice, Facet, choice, facets, titles
from auditsearch.web.histogram import TITLES, Chart, Ends, chart
from auditsearch.web.line import Line, lines
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.show import visible
from auditsearch.web.state import NEWEST, State

LOOKED = 1_000
"""Events that may have to be looked at one by one before the chart and the facets are left out."""

SECONDS = 0.4
"""Time for facets. What a store is too slow for comes after the page."""

PATIENCE = 20.0
"""Time for them then."""

ALL = "*"
"""The facet that stands for all of them: they are counted with the page, as long as there is patience."""

TIMES = {
    "": gettext_lazy("any time"),
    "1 hour": gettext_lazy("last hour"),
    "today": gettext_lazy("today"),
    "7 days": gettext_lazy("7 days"),
    "30 days": gettext_lazy("30 days"),
}
"""Words for `since` that are offered as links."""

T = TypeVar("T")


@dataclass
class Found:
    """What the page shows of an answer. A part that could not be made is empty, and `notes` says why.

    `rest` is the address of all facets, where there was no time for them.
    """

    lines: list[Line]
    sheet: Sheet
    total: str
    sentence: str
    next: str
    chart: Chart | None = None
    facets: list[Facet] = field(default_factory=list)
    rest: str = ""
    notes: list[str] = field(default_factory=list)


@door("view")
def show(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Answer the question of the address, one page of it; a wrong one is shown with a mark at the place."""
    state, now = State.from_request(request), timezone.now()
    shown = {"state": state, "scope": scope, "saved": saved.seen(scope), **_controls(state)}
    try:
        found = answer(state, scope, now)
    except QueryError as error:
        return page(request, "auditsearch/search.html", shown | _mark(state, error), 400)
    return page(request, "auditsearch/search.html", shown | {"found": found})


@door("view", reads=False)
def counts(request: HttpRequest, scope: Scope) -> HttpResponse:
    """The facets alone: what a page that had no time for them fetches afterwards."""
    state = State.from_request(request)
    found, whole = facets(state, state.events(scope), PATIENCE)
    return page(request, "auditsearch/_facets.html", {"facets": found, "cut": not whole})


def answer(state: State, scope: Scope, now: datetime) -> Found:
    """Return what the page shows. Raises QueryError, BackendUnavailable, PartialAnswer."""
    events = state.events(scope, now)
    sheet = events.page(state.page_size, state.cursor or None, user=scope.user, scope=scope.key)
    following = state.fixed(now).url(cursor=sheet.cursor) if sheet.cursor else ""
    asked = parse(state.q)
    sentence = Events(state.tree(timezone.localtime(now))).describe()
    found = Found(lines(sheet.events, asked), sheet, _total(sheet), visible(sentence), following)
    if events.plan.check and events.store.count(events.doubt) > LOOKED:
        found.notes.append(
            gettext("This question has to be looked at event by event, so nothing is counted beside it.")
        )
        return found
    found.chart = _part(found, lambda: chart(state, events, now, _ends(state, sheet)))
    found.facets, whole = _part(found, lambda: facets(state, events, PATIENCE if state.all == ALL else SECONDS)) or (
        [],
        True,
    )
    found.rest = "" if whole else state.url("counts", cursor="")
    return found


def _ends(state: State, sheet: Sheet) -> Ends:
    """The times of the first and the last event, as far as the page itself tells them."""
    if state.cursor or not sheet.events or state.sort not in (NEWEST, "timestamp"):
        return None, None
    first, last = sheet.events[0].timestamp, sheet.events[-1].timestamp if not sheet.cursor else None
    return (last, first) if state.sort == NEWEST else (first, last)


def _total(sheet: Sheet) -> str:
    """How many there are, as people say it; "" where nobody knows."""
    if sheet.total is None:
        return ""
    if not sheet.exact:
        return gettext("%(count)s events or more") % {"count": f"{sheet.total:,}"}
    return ngettext("%(count)s event", "%(count)s events", sheet.total) % {"count": f"{sheet.total:,}"}


def _part(found: Found, make: Callable[[], T]) -> T | None:
    """A part of the page without which the rest is still worth showing."""
    try:
        return make()
    except AuditSearchError as error:
        found.notes.append(visible(str(error)))
        return None


def _mark(state: State, error: QueryError) -> dict[str, Any]:
    """The message, and the question in three parts where the error has a place in it."""
    if not isinstance(error, Misread) or error.text != state.q:
        return {"problem": visible(str(error))}
    start, end = error.start, max(error.end, error.start + 1)
    parts = [visible(part) for part in (state.q[:start], state.q[start:end] or " ", state.q[end:])]
    return {"problem": visible(error.reason), "marked": parts}


def _controls(state: State) -> dict[str, Any]:
    return {
        "chips": _chips(state),
        "query": state.query(cursor="", all=""),
        "wide": state.query(since="", until="", log="", interval="", cursor="", only=(), without=()),
        "first": state.url(cursor=""),
        "everything": state.url(all=ALL),
        "export": state.url("export", cursor="", all=""),
        "times": [
            (text, state.url(since=said, until="", cursor=""), state.since == said and not state.until)
            for said, text in TIMES.items()
        ],
        "sorts": [(key, text, key == state.sort) for key, text in _sorts().items()],
        "intervals": [(name, title, name == state.interval) for name, title in TITLES.items()],
        "hidden": [
            pair
            for pair in state.pairs()
            if pair[0] not in ("q", "since", "until", "sort", "interval", "cursor", "all")
        ],
    }


def _chips(state: State) -> list[tuple[str, Choice]]:
    """What was clicked, each with its column's title; a name that is no column's is its own."""
    names = titles()
    clicked = [
        (names.get(name, visible(name)), choice(state, name, value)) for name, value in (*state.only, *state.without)
    ]
    if state.log:
        clicked.append(
            (names["log"], Choice(state.log, label(state.log), None, "only", state.url(log="", cursor=""), ""))
        )
    return clicked


def _sorts() -> dict[str, str]:
    """Orders that are offered: by time both ways, and by each column that is counted at the side or promoted."""
    offered = {NEWEST: gettext("newest first"), "timestamp": gettext("oldest first")}
    for name, title in titles().items():
        if name in SORTABLE:
            offered[name] = gettext("by %(column)s") % {"column": title}
    for row in promoted():
        offered[row.name] = gettext("by %(column)s, ascending") % {"column": row.name}
        offered[f"-{row.name}"] = gettext("by %(column)s, descending") % {"column": row.name}
    return offered
