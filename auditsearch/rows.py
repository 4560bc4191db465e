"""Rows: values of events by name, as a QuerySet's `values` and `values_list` give them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from auditsearch.columns import COUNTABLE
from auditsearch.event import STORED, Event
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.query.parse import FIELDS, ROOTS, nearest
from auditsearch.refusal import path_of, refuse_name

if TYPE_CHECKING:
    from auditsearch.search import Events

MANY = 10_000
"""Different values that the store may list at once."""

SHOWN = 20
"""Rows that `repr` shows."""

_DATA = {"_context": "context_data", "_snapshot": "object_snapshot"}


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of `events`: dicts, tuples, or bare values (`flat`). Nothing is asked until they are looked at.

    `for`, `len` and `list` fetch all of them once and keep them; `count`, `first`, `iterator` and slices do not.
    """

    events: Events
    names: tuple[str, ...]
    form: Literal["dict", "tuple", "flat"]
    once: bool = False

    def __post_init__(self) -> None:
        for name in self.names:
            reader(name)
            if not self.events.unmask:
                refuse_name(path_of(name))
        if self.form == "flat" and len(self.names) != 1:
            raise QueryError("values_list(flat=True) takes one name.")

    def distinct(self) -> Rows:
        """Return the different rows of names of the envelope, each once, in no certain order. Raises QueryError."""
        if wrong := [name for name in self.names if name not in COUNTABLE]:
            raise QueryError(f"distinct takes names of the envelope, not {wrong[0]!r}: {', '.join(COUNTABLE)}.")
        return replace(self, once=True)

    def iterator(self) -> Iterator[Any]:
        """Yield all rows, without keeping them."""
        return map(self._shaped, self._different() if self.once else self._tuples())

    def first(self) -> Any:
        """Return the first row, or None."""
        return next(self.iterator(), None)

    def count(self) -> int:
        """Return how many there are."""
        if "_all" in self.__dict__:
            return len(self._all)
        return sum(1 for _ in self._different()) if self.once else self.events.count()

    def exists(self) -> bool:
        """Say whether there is any."""
        return self.events.exists()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __bool__(self) -> bool:
        return bool(self.events)

    def __getitem__(self, key: int | slice) -> Any:
        if self.once:
            return self._all[key]
        found = self.events[key]
        return replace(self, events=found) if not isinstance(found, Event) else self._shaped(self._tuple(found))

    def __repr__(self) -> str:
        shown = [repr(row) for row in islice(self.iterator() if self.once else self[: SHOWN + 1].iterator(), SHOWN + 1)]
        more = ["...(remaining elements truncated)..."] if len(shown) > SHOWN else []
        return f"<Rows [{', '.join(shown[:SHOWN] + more)}]>"

    @cached_property
    def _all(self) -> list[Any]:
        return list(self.iterator())

    def _tuple(self, event: Event) -> tuple[Any, ...]:
        return tuple(reader(name)(event) for name in self.names)

    def _tuples(self) -> Iterator[tuple[Any, ...]]:
        return map(self._tuple, self.events.iterator())

    def _different(self) -> Iterator[tuple[Any, ...]]:
        """Listed by the store where that is one column and surely all of it, else found by reading."""
        if len(self.names) == 1 and self.events.is_whole:
            found = self.events.facets(self.names[0], size=MANY)
            if found.exact and not found.other:
                return iter([(value,) for value, _ in found.values] + ([(None,)] if found.missing else []))
        return iter(dict.fromkeys(self._tuples()))

    def _shaped(self, row: tuple[Any, ...]) -> Any:
        if self.form == "flat":
            return row[0]
        return dict(zip(self.names, row, strict=True)) if self.form == "dict" else row


ALL_NAMES = tuple(name for name in STORED if name != "schema")
"""What a row holds where no names are given: all attributes of an Event."""


def reader(name: str) -> Callable[[Event], Any]:
    """Return a function that reads `name` of an event, None where it has none. Raises UnknownField."""
    root, *keys = name.split("__")
    if root in ROOTS and keys:
        return (lambda event: _key(getattr(event, _DATA[root]), keys)) if root in _DATA else _side(root, keys)
    attribute = name.removesuffix("_name")
    if name in ALL_NAMES or attribute in ALL_NAMES:
        return lambda event: getattr(event, attribute if attribute in ALL_NAMES else name)
    if name == "_changed":
        return lambda event: list(event.diff)
    raise UnknownField(f"Events have no value {name!r}. {nearest(name, [*FIELDS, *ROOTS])}")


def _side(root: str, keys: list[str]) -> Callable[[Event], Any]:
    many, side = ("removed", 0) if root == "_from" else ("added", 1)

    def read(event: Event) -> Any:
        change = event.diff.get(keys[0])
        return _key(change.get(many) if isinstance(change, dict) else change[side] if change else None, keys[1:])

    return read


def _key(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
