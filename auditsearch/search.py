"""`Events`: the answer to a question, fetched when it is looked at, and refined as a QuerySet is."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, overload

from django.db.models import Q

from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend, Hit, Sort
from auditsearch.canonical import loads
from auditsearch.event import Event
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.facts import leaves
from auditsearch.query.algebra import all_of, negated
from auditsearch.query.evaluate import fits
from auditsearch.query.parse import FIELDS, tree_of
from auditsearch.query.plan import Plan, plan
from auditsearch.query.tree import ALL, NONE, Node, Not

PAGE = 500
"""Events that are fetched at once."""

LARGEST_PAGE = 10_000
"""Events that a server gives at once."""

SHOWN = 20
"""Events that `repr` shows."""

NEWEST_FIRST = (Sort("ts", True), Sort("id", True))

_UNORDERED = {"verbose", "ip", "_changed"}  # a sentence is not kept for sorting, an address sorts as a number there

SORTABLE = {name: stored for name, (stored, _) in FIELDS.items() if name not in _UNORDERED}
"""Names that `order_by` takes, with the stored ones."""


@dataclass(frozen=True, eq=False)
class Events:
    """Events that answer a question, newest first unless `order_by` says otherwise. Nothing is asked until needed.

    `for`, `len`, `list` and `in` fetch all of them once and keep them; `bool`, `count`, `exists`, `first`, slices and
    `iterator` do not. Each method returns a new object. Errors in a question are raised where it is put; looking at
    the answer may raise BackendUnavailable, PartialAnswer or ConfigurationError.
    """

    tree: Node = ALL
    order: tuple[Sort, ...] = NEWEST_FIRST
    start: int = 0
    stop: int | None = None
    backend: Backend | None = field(default=None, repr=False)

    def filter(self, *questions: Q, **keywords: Any) -> Events:
        """Return those that also answer all `questions` and `keywords`."""
        return replace(self._whole("filter"), tree=all_of((self.tree, tree_of(*questions, **keywords))))

    def exclude(self, *questions: Q, **keywords: Any) -> Events:
        """Return those that do not answer `questions` and `keywords` taken together; without any, all."""
        without = tree_of(*questions, **keywords)
        return replace(self._whole("exclude"), tree=self.tree if without == ALL else all_of((self.tree, Not(without))))

    def order_by(self, *names: str) -> Events:
        """Order by envelope names, descending with `-` in front; missing values are last both ways.

        Equal ones are ordered by time and id, in the direction of the last name. Raises UnknownField.
        """
        keys = tuple(map(_sort, names)) or NEWEST_FIRST[:1]
        down = keys[-1].descending
        ties = (Sort("ts", down), Sort("id", down))
        return replace(self._whole("order"), order=keys + (ties[1:] if keys[-1].field == "ts" else ties))

    def count(self) -> int:
        """Return how many there are, exactly."""
        if "_all" in self.__dict__:
            return len(self._all)
        found = self._count()
        return max(0, min(found, found if self.stop is None else self.stop) - self.start)

    def exists(self) -> bool:
        """Say whether there is any."""
        return self.first() is not None

    def first(self) -> Event | None:
        """Return the first in order, or None."""
        return next(self[:1].iterator(), None)

    def iterator(self, page: int = PAGE) -> Iterator[Event]:
        """Yield all, however many, `page` at a time (1 to 10,000), without keeping them."""
        if not 1 <= page <= LARGEST_PAGE:
            raise QueryError(f"page is {page}; it must be 1 to {LARGEST_PAGE}.")
        return map(_event, self._stream(page))

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def __bool__(self) -> bool:
        return bool(self._all) if "_all" in self.__dict__ else self.exists()

    @overload
    def __getitem__(self, key: int) -> Event: ...
    @overload
    def __getitem__(self, key: slice) -> Events: ...
    def __getitem__(self, key: int | slice) -> Event | Events:
        if isinstance(key, slice):
            return self._slice(key)
        if key < 0:
            raise QueryError("Negative indexing is not supported: turn the order round with order_by.")
        if "_all" in self.__dict__:
            return self._all[key]
        event = self._slice(slice(key, key + 1)).first()
        if event is None:
            raise IndexError("There are not so many events.")
        return event

    def __repr__(self) -> str:
        shown = [repr(event) for event in self[: SHOWN + 1].iterator()]
        more = ["...(remaining elements truncated)..."] if len(shown) > SHOWN else []
        return f"<Events [{', '.join(shown[:SHOWN] + more)}]>"

    @cached_property
    def _all(self) -> list[Event]:
        return list(self.iterator())

    @cached_property
    def _plan(self) -> Plan:
        return plan(self.tree)

    @cached_property
    def _store(self) -> Backend:
        return self.backend or get_backend()

    def _whole(self, what: str) -> Events:
        if self.start or self.stop is not None:
            raise QueryError(f"Cannot {what} once a slice has been taken: {what} first, then slice.")
        return self

    def _slice(self, part: slice) -> Events:
        if any(end is not None and end < 0 for end in (part.start, part.stop)):
            raise QueryError("Negative slicing is not supported: turn the order round with order_by.")
        if part.step is not None:
            raise QueryError("A slice of events has no step: fetch them first, as list(events)[::2].")
        start = self.start + (part.start or 0)
        stop = self.stop if part.stop is None else self.start + part.stop
        if self.stop is not None and stop is not None:
            stop = min(stop, self.stop)
        return replace(self, start=start, stop=stop if stop is None else max(start, stop))

    def _stream(self, page: int) -> Iterator[Hit]:
        """The hits from `start` to `stop`; where the engine's answer is too wide, each is checked before it counts."""
        if self._plan.check:
            return islice(filter(self._fits, self._hits(self._plan.engine, page)), self.start, self.stop)
        return islice(self._hits(self._plan.engine, page, self.stop), self.start, self.stop)

    def _hits(self, node: Node, page: int = PAGE, most: int | None = None) -> Iterator[Hit]:
        """All hits of `node` in order, or `most` of them, page after page."""
        after, left = None, most
        while left is None or left > 0:
            limit = page if left is None else min(page, left)
            hits = self._store.search(node, order=self.order, after=after, limit=limit).hits
            yield from hits
            if len(hits) < limit:
                return
            after, left = hits[-1].after, left if left is None else left - limit

    def _fits(self, hit: Hit) -> bool:
        return fits(self.tree, leaves(loads(hit.canonical)))

    def _count(self) -> int:
        """What is sure is counted by the engine, only the rest is fetched and checked."""
        engine, check, sure = self._plan.engine, self._plan.check, self._plan.sure
        certain = self._store.count(sure) if sure != NONE else 0
        return certain + sum(map(self._fits, self._hits(all_of((engine, negated(sure)))))) if check else certain


def _sort(name: str) -> Sort:
    plain = name.removeprefix("-")
    if plain not in SORTABLE:
        near = difflib.get_close_matches(plain, SORTABLE, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise UnknownField(f"Events can't be ordered by {plain!r}. {hint}There are: {', '.join(SORTABLE)}.")
    return Sort(SORTABLE[plain], name.startswith("-"))


def _event(hit: Hit) -> Event:
    return Event.from_canonical(hit.canonical, hit.flags)
