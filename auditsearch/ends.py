"""The last of some events: not simply the first of the order turned round, as missing values are last both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from auditsearch.backends.base import Sort
from auditsearch.columns import SORTABLE
from auditsearch.event import Event
from auditsearch.exceptions import QueryError

if TYPE_CHECKING:
    from auditsearch.search import Events

_NAMES = {stored: name for name, stored in SORTABLE.items()}


def last(events: Events) -> Event | None:
    """Return the last in order, or None. Raises QueryError where the order has a promoted field."""
    for key in events.order:
        if key.field not in ("ts", "id"):
            events = _behind(events, key)
    return replace(events, order=tuple(Sort(key.field, not key.descending) for key in events.order)).first()


def _behind(events: Events, key: Sort) -> Events:
    """Those that have no value, or else the value that comes last."""
    name = _NAMES.get(key.field)
    if name is None:
        raise QueryError(f"The last by {key.field} is not known: turn the order round and take the first.")
    missing = events.filter(**{f"{name}__isnull": True})
    if missing.exists():
        return missing
    end = events.order_by(name if key.descending else f"-{name}").first()
    value = getattr(end, name.removesuffix("_name"), None)
    return replace(events.filter(**{name: value}), order=events.order) if value is not None else events


def cut(start: int, stop: int | None, part: slice) -> tuple[int, int | None]:
    """Return where a slice of what lies from `start` to `stop` begins and ends. Raises QueryError."""
    if any(not isinstance(end, int | None) for end in (part.start, part.stop)):
        raise QueryError("A slice of events goes from one whole number to another.")
    if any(end is not None and end < 0 for end in (part.start, part.stop)):
        raise QueryError("Negative slicing is not supported: turn the order round with order_by.")
    if part.step is not None:
        raise QueryError("A slice of events has no step: fetch them first, as list(events)[::2].")
    first = start + (part.start or 0)
    last = stop if part.stop is None else start + part.stop
    if stop is not None and last is not None:
        last = min(last, stop)
    return first, last if last is None else max(first, last)
