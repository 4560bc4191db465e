"""Stretches of a wall clock: where the years, weeks or minutes of a time zone begin, in microseconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from auditsearch.backends.base import Histogram, Interval
from auditsearch.event import from_micros, micros
from auditsearch.exceptions import QueryError

MOST = 2_000
"""Bars of one histogram."""

_STEPS = {"hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


def starts(low: int, high: int, interval: Interval, zone: tzinfo) -> list[int]:
    """Return the starts of the stretches from the one that holds `low` to the one that holds `high`, and the end.

    Days and longer begin at local midnight, hours and minutes where the local clock shows a full one; so some are
    longer or shorter where the clock is set. Raises QueryError where they are more than MOST, or beyond the calendar.
    """
    begin, after = _clock(interval, zone)
    try:
        found = [begin(low)]
        while found[-1] <= high:
            found.append(after(found[-1]))
            if len(found) > MOST + 1:
                raise QueryError(
                    f"There would be more than {MOST:,} bars: choose a longer interval than {interval}, or narrow the "
                    "question by timestamp__gte and timestamp__lt."
                )
    except (OverflowError, ValueError) as error:
        if isinstance(error, QueryError):
            raise
        raise QueryError("Some events lie at the end of the calendar: narrow the question by timestamp__lt.") from None
    return found


def histogram(times: Iterable[tuple[int, int]], edges: list[int]) -> Histogram:
    """Return the bars between `edges`, as `starts` gives them, of (microseconds, number of events there)."""
    counts = [0] * (len(edges) - 1)
    for moment, number in times:
        counts[bisect_right(edges, moment) - 1] += number
    return Histogram(list(zip(edges, counts, strict=False)), edges[-1])


def _clock(interval: Interval, zone: tzinfo) -> tuple[Callable[[int], int], Callable[[int], int]]:
    """Two functions: the start of the stretch that holds a moment, and the start of the next one."""
    if interval in _STEPS:
        step = _STEPS[interval] // timedelta(microseconds=1)
        return lambda ts: _aligned(ts, step, zone), lambda start: _next_aligned(start, step, zone)
    return lambda ts: _midnight(_first(_local(ts, zone), interval)), lambda start: _midnight(
        _following(_local(start, zone), interval)
    )


def _local(ts: int, zone: tzinfo) -> datetime:
    return from_micros(ts).astimezone(zone)


def _midnight(day: datetime) -> int:
    return micros(day.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC))


def _first(day: datetime, interval: Interval) -> datetime:
    match interval:
        case "year":
            return day.replace(month=1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=day.weekday())
    return day


def _following(start: datetime, interval: Interval) -> datetime:
    match interval:
        case "year":
            return start.replace(year=start.year + 1)
        case "month":
            return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
    return start + timedelta(days=7 if interval == "week" else 1)


def _floor(ts: int, step: int, zone: tzinfo) -> int:
    shift = (_local(ts, zone).utcoffset() or timedelta()) // timedelta(microseconds=1)
    return (ts + shift) // step * step - shift


def _aligned(ts: int, step: int, zone: tzinfo) -> int:
    """The last full hour or minute that the clock showed; where it was set by less, that is before."""
    while (start := _floor(ts, step, zone)) != ts:
        ts = start
    return start


def _next_aligned(start: int, step: int, zone: tzinfo) -> int:
    ts = start + step
    while (floor := _floor(ts, step, zone)) != ts:
        ts = floor + step
    return ts
