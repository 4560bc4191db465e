"""Parts of the event's time: `timestamp__date`, and `__year` to `__hour`, asked of the facts that each event has."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from django.utils.timezone import get_current_timezone, get_default_timezone

from auditsearch.exceptions import InvalidValue, UnknownLookup
from auditsearch.query.spans import joined
from auditsearch.query.tree import And, Node, Or, Where

PARTS: dict[str, range] = {
    "date": range(0),
    "year": range(1, 10_000),
    "quarter": range(1, 5),
    "month": range(1, 13),
    "day": range(1, 32),
    "week_day": range(1, 8),
    "iso_week_day": range(1, 8),
    "hour": range(24),
}
"""Django's names of the parts, and the numbers that each takes. All but `date` are in the site's TIME_ZONE."""

LOOKUPS = ("exact", "in", "gt", "gte", "lt", "lte", "range")
"""What may follow a part."""

_FACTS: dict[str, tuple[str, Callable[[int], Sequence[int]]]] = {
    "quarter": ("@month", lambda quarter: range(3 * quarter - 2, 3 * quarter + 1)),
    "month": ("@month", lambda month: (month,)),
    "day": ("@day", lambda day: (day,)),
    "week_day": ("@weekday", lambda day: ((day - 2) % 7 + 1,)),  # Django's week begins on Sunday, the fact's on Monday
    "iso_week_day": ("@weekday", lambda day: (day,)),
    "hour": ("@hour", lambda hour: (hour,)),
}
_FITS: dict[str, Callable[[int, Any], bool]] = {
    "exact": operator.eq,
    "in": lambda number, numbers: number in numbers,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "range": lambda number, ends: bool(ends[0] <= number <= ends[1]),
}


def part(keyword: str, parts: list[str], value: Any) -> Node:
    """Return the question `timestamp__<parts>`. Raises UnknownLookup or InvalidValue."""
    name, lookup = parts[0], parts[1] if len(parts) > 1 else "exact"
    if len(parts) > 2 or lookup not in LOOKUPS:
        raise UnknownLookup(f"{keyword}: timestamp__{name} has {', '.join(LOOKUPS)}.")
    if name == "date":
        return _spans(lookup, _each(keyword, lookup, value, _day), get_current_timezone())
    numbers = _each(keyword, lookup, value, lambda where, number: _number(where, number, PARTS[name]))
    if name == "year":
        years = [(date(year, 1, 1), date(year, 12, 31)) for year in numbers]
        return _spans(lookup, years, get_default_timezone())
    return _numbers(name, lookup, numbers)


def _numbers(name: str, lookup: str, given: Sequence[int]) -> Node:
    path, facts = _FACTS[name]
    asked = given if lookup in ("in", "range") else given[0]
    found = [str(fact) for number in PARTS[name] if _FITS[lookup](number, asked) for fact in facts(number)]
    return Where(path, "in", tuple(found))


Span = tuple[date, date]
"""First and last day."""


def _spans(lookup: str, spans: Sequence[Span], zone: tzinfo) -> Node:
    """Stretches of whole days as a question about the event's exact time."""
    match lookup:
        case "exact" | "in":
            # Days that touch as one span: a server reads a thousand conditions, and years have more days.
            found = [And((_after(first, zone), _before(_next(end), zone))) for first, end in joined(spans, _next)]
            return found[0] if len(found) == 1 else Or(tuple(found))
        case "range":
            return And((_after(spans[0][0], zone), _before(_next(spans[1][1]), zone)))
        case "gt":
            return _after(_next(spans[0][1]), zone)
        case "gte":
            return _after(spans[0][0], zone)
        case "lt":
            return _before(spans[0][0], zone)
    return _before(_next(spans[0][1]), zone)


def _after(day: date, zone: tzinfo) -> Where:
    return Where("ts", "gte", _midnight(day, zone))


def _before(day: date, zone: tzinfo) -> Where:
    return Where("ts", "lt", _midnight(day, zone))


def _next(day: date) -> date:
    try:
        return day + timedelta(days=1)
    except OverflowError:
        raise InvalidValue(f"There is no day after {day}: leave this end open.") from None


def _midnight(day: date, zone: tzinfo) -> datetime:
    try:
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except OverflowError:
        raise InvalidValue(f"{day} begins before the calendar does: leave this end open.") from None


def _each(keyword: str, lookup: str, value: Any, coerce: Callable[[str, Any], Any]) -> list[Any]:
    """The values of a lookup, coerced one by one."""
    if lookup not in ("in", "range"):
        return [coerce(keyword, value)]
    given = None if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) else list(value)
    if given is None or (lookup == "range" and len(given) != 2):
        wanted = "a list of values" if lookup == "in" else "two values, (lowest, highest)"
        raise InvalidValue(f"{keyword} takes {wanted}.")
    return [coerce(keyword, item) for item in given]


def _day(keyword: str, value: Any) -> Span:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) == 10 else None
        except ValueError:
            value = None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidValue(f"{keyword} takes a date, or its ISO text such as '2026-11-22'.")
    return value, value


def _number(keyword: str, value: Any, known: range) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 4:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in known:
        raise InvalidValue(f"{keyword} takes a whole number from {known[0]} to {known[-1]}.")
    return value
