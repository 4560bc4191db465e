"""What pages are ordered by, and what comes after a page: missing values are last both ways."""

from __future__ import annotations

from collections.abc import Sequence

from auditsearch.backends.base import Sort
from auditsearch.event import ENVELOPE_STRINGS
from auditsearch.exceptions import UnknownField

NEVER_MISSING = {"ts", "id"}
"""Columns that every event has."""

ENVELOPE = tuple(name for name in ENVELOPE_STRINGS if name != "verbose")
"""The others; a sentence is no column: the servers keep it up to 256 characters only."""


def checked(order: Sequence[Sort]) -> Sequence[Sort]:
    """Return `order`. Raises UnknownField where the store has no such column."""
    for name, _ in order:
        if name not in NEVER_MISSING and name not in ENVELOPE:
            raise UnknownField(f"events can't be ordered by {name!r}; there are: ts, id, {', '.join(ENVELOPE)}")
    return order


def order_by(order: Sequence[Sort]) -> str:
    """Return what follows ORDER BY."""
    return ", ".join(_key(name, "DESC" if descending else "ASC") for name, descending in checked(order))


def beyond(order: Sequence[Sort], after: Sequence[str | int | None], n: int = 0) -> str:
    """Return the SQL condition for what comes after the sort values `after`, bound as :after0, :after1, ..."""
    rest = order[n:]
    if {name for name, _ in rest} <= NEVER_MISSING and len({descending for _, descending in rest}) == 1:
        names = ", ".join(name for name, _ in rest)
        bound = ", ".join(f":after{i}" for i in range(n, len(order)))
        return f"({names}) {'<' if rest[0].descending else '>'} ({bound})"
    name, descending = order[n]
    later = f"{name} {'<' if descending else '>'} :after{n} OR {name} IS NULL" if after[n] is not None else "0"
    if n + 1 == len(order):
        return f"({later})"
    return f"({later} OR {name} IS :after{n} AND {beyond(order, after, n + 1)})"


def _key(name: str, direction: str) -> str:
    return f"{name} {direction}" if name in NEVER_MISSING else f"{name} IS NULL, {name} {direction}"
