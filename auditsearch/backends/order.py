"""The columns: what pages are ordered by, and what comes after a page. Missing values are last both ways."""

from __future__ import annotations

from collections.abc import Sequence

from auditsearch.backends.base import Sort
from auditsearch.event import ENVELOPE_STRINGS
from auditsearch.exceptions import UnknownField
from auditsearch.promoted import PREFIX, kind_of, promoted

NEVER_MISSING = {"ts", "id"}
"""Columns that every event has."""

ENVELOPE = tuple(name for name in ENVELOPE_STRINGS if name != "verbose")
"""The others; a sentence is no column: the servers keep it up to 256 characters only."""


def checked(order: Sequence[Sort]) -> Sequence[Sort]:
    """Return `order`. Raises UnknownField where the store has no such column."""
    for name, _ in order:
        if name not in NEVER_MISSING:
            column(name, "ordered by", "ts, id, ")
    return order


def column(name: str, use: str = "counted by", others: str = "") -> str:
    """Return the name of a column that may be missing. Raises UnknownField with the choices."""
    if name not in ENVELOPE and kind_of(name) is None:
        choices = ", ".join([*ENVELOPE, *(PREFIX + row.name for row in promoted())])
        raise UnknownField(f"events can't be {use} {name!r}; there are: {others}{choices}")
    return name


def order_by(order: Sequence[Sort]) -> str:
    """Return what follows ORDER BY."""
    return ", ".join(_key(key, "DESC" if key.descending else "ASC") for key in checked(order))


def expression(key: Sort) -> str:
    """Return the SQL that an event is ordered by; of several values the least ascending, the greatest descending."""
    if not key.field.startswith(PREFIX):
        return key.field
    end, name = "max" if key.descending else "min", key.field.removeprefix(PREFIX)
    return f"(SELECT {end}(value) FROM promoted WHERE promoted.event = event.key AND name = '{name}')"  # noqa: S608


def beyond(order: Sequence[Sort], after: Sequence[str | int | float | None], n: int = 0) -> str:
    """Return the SQL condition for what comes after the sort values `after`, bound as :after0, :after1, ..."""
    rest = order[n:]
    if {name for name, _ in rest} <= NEVER_MISSING and len({descending for _, descending in rest}) == 1:
        names = ", ".join(name for name, _ in rest)
        bound = ", ".join(f":after{i}" for i in range(n, len(order)))
        return f"({names}) {'<' if rest[0].descending else '>'} ({bound})"
    name, descending = expression(order[n]), order[n].descending
    later = f"{name} {'<' if descending else '>'} :after{n} OR {name} IS NULL" if after[n] is not None else "0"
    if n + 1 == len(order):
        return f"({later})"
    return f"({later} OR {name} IS :after{n} AND {beyond(order, after, n + 1)})"


def _key(key: Sort, direction: str) -> str:
    name = expression(key)
    return f"{name} {direction}" if name in NEVER_MISSING else f"{name} IS NULL, {name} {direction}"
