"""The value in a question made fit for its lookup, or an error that says which kinds are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone, get_default_timezone

from auditsearch import canonical
from auditsearch.canonical import NUMBER_LENGTH
from auditsearch.exceptions import InvalidValue
from auditsearch.forms import iso_utc, plain, sanitise
from auditsearch.query.regex import Pattern

Kind = Literal["any", "text", "time", "id", "ip"]
"""What a field holds: any value, text only (the envelope), the event's time, its id, or an address."""

Value = str | int | Decimal | bool | datetime
"""A question's value: a number is exact, a time is aware and in UTC."""

Coerce = Callable[[str, Any, Kind], Any]
"""Of (lookup, value, kind of field); raises InvalidValue."""


def text(lookup: str, value: Any, kind: Kind) -> str:
    """For lookups that look into text."""
    value = _known(value)
    if not isinstance(value, str):
        hint = " A number has a text form too: ask for that as text, in quotes." if _is_number(value) else ""
        raise _wrong(lookup, value, "text", hint)
    return _text(value)


def pattern(lookup: str, value: Any, kind: Kind) -> Pattern:
    """For `regex`."""
    return Pattern(text(lookup, value, kind))


def folded_pattern(lookup: str, value: Any, kind: Kind) -> Pattern:
    """For `iregex`."""
    return Pattern(text(lookup, value, kind), folds=True)


def network(lookup: str, value: Any, kind: Kind) -> IPv4Network | IPv6Network:
    """For `cidr`: a network, or one address; bits behind the mask do not matter."""
    if isinstance(value, IPv4Network | IPv6Network):
        return value
    try:
        return ip_network(text(lookup, value, kind), strict=False)
    except ValueError:
        raise _wrong(lookup, value, "a network such as '10.0.0.0/8' or '2001:db8::/32'") from None


def flag(lookup: str, value: Any, kind: Kind) -> bool:
    """For `isnull`."""
    if not isinstance(value, bool):
        raise _wrong(lookup, value, "True or False")
    return value


def exact(lookup: str, value: Any, kind: Kind) -> Value:
    """For equality: text, a number, a bool, or a time."""
    if kind == "time":
        return _moment(lookup, value)
    if value is None:
        raise _wrong(lookup, value, "a value", " To ask for a missing one, use isnull=True.")
    value = _known(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool) and kind == "any":
        return value
    if _is_number(value):
        number = _number(lookup, value)
        return number if kind == "any" else plain(number)
    if isinstance(value, date) and kind == "any":
        return _utc(lookup, value, get_default_timezone())
    raise _wrong(lookup, value, "text, a number, True or False, or a date or time" if kind == "any" else "text")


def members(lookup: str, value: Any, kind: Kind) -> tuple[Value, ...]:
    """For `in`: any iterable of values that are fit for equality."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise _wrong(lookup, value, "a list of values")
    return tuple(exact(lookup, item, kind) for item in value)


def bound(lookup: str, value: Any, kind: Kind) -> Value:
    """For what has an order: a number, a time (also as full ISO text), or other text; in the envelope text only."""
    if kind == "time":
        return _moment(lookup, value)
    value = _known(value)
    if _is_number(value) and kind == "any":
        return _number(lookup, value)
    if isinstance(value, date):
        return _utc(lookup, value, get_default_timezone())
    if isinstance(value, str):
        moment = iso_utc(value)
        return datetime.fromisoformat(moment) if moment else _text(value)
    raise _wrong(lookup, value, "a number, a date or time, or text" if kind == "any" else "text, or a date or time")


def bounds(lookup: str, value: Any, kind: Kind) -> tuple[Value, Value]:
    """For `range`: the lowest and the highest value, both included, of one kind."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise _wrong(lookup, value, "two values, (lowest, highest)")
    low, high = (bound(lookup, item, kind) for item in value)
    if kind_of(low) != kind_of(high):
        raise _wrong(lookup, value, "two values of one kind")
    return low, high


def kind_of(value: Value) -> Literal["bool", "number", "time", "text"]:
    """Return which kind of stored value a coerced value asks for."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | Decimal):
        return "number"
    return "time" if isinstance(value, datetime) else "text"


def _known(value: Any) -> Any:
    """Enumerations, lazy texts, UUIDs, times of day and durations as they are stored."""
    if isinstance(value, Enum):
        return _known(value.value)
    return canonical.scalar(value) if isinstance(value, Promise | UUID | time | timedelta) else value


def _text(value: str) -> str:
    return sanitise(canonical.text(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _number(lookup: str, value: float | Decimal) -> int | Decimal:
    """A float means its shortest decimal text."""
    number = Decimal(repr(float(value))) if isinstance(value, float) else value
    if isinstance(number, Decimal) and not number.is_finite():
        raise _wrong(lookup, value, "a finite number")
    if len(plain(number)) > NUMBER_LENGTH:
        raise InvalidValue(f"{lookup} takes numbers of at most {NUMBER_LENGTH} characters written out.")
    return int(number) if isinstance(number, int) else number


def _moment(lookup: str, value: Any) -> datetime:
    zone = get_current_timezone()
    if isinstance(value, date):
        return _utc(lookup, value, zone)
    moment = iso_utc(value, zone) if isinstance(value, str) else None
    if moment is None:
        raise _wrong(lookup, value, "a date or time, or its full ISO text such as '2026-11-22 08:00'")
    return datetime.fromisoformat(moment)


def _utc(lookup: str, value: date, zone: tzinfo) -> datetime:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    try:
        return (moment if moment.utcoffset() is not None else moment.replace(tzinfo=zone, fold=0)).astimezone(UTC)
    except OverflowError:
        raise _wrong(lookup, value, "a time whose UTC is in the years 1 to 9999") from None


def _wrong(lookup: str, value: Any, wanted: str, hint: str = "") -> InvalidValue:
    try:
        given = repr(value)
    except Exception:  # any object may be given, an integer of 5,000 digits too
        given = f"a {type(value).__name__}"
    given = given if len(given) <= 80 else f"{given[:80]}…"
    return InvalidValue(f"{lookup} takes {wanted}, not {given}.{hint}")
