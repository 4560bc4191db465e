"""`Events`: the answer to a question, fetched when it is looked at, and refined as a QuerySet is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import cached_property
from itertools import islice
from typing import Any, overload

from django.db.models import Aggregate, Q

from auditsearch import ends, paging, totals
from auditsearch.askable import askable
from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend, Facets, Histogram, Hit, Interval, Sort
from auditsearch.canonical import loads
from auditsearch.columns import ordered
from auditsearch.event import Event, from_micros
from auditsearch.exceptions import QueryError
from auditsearch.lengths import limited
from auditsearch.personal import read
from auditsearch.query.algebra import all_of
from auditsearch.query.describe import describe
from auditsearch.query.evaluate import fits
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import Plan, plan
from auditsearch.query.tree import ALL, Node, Not
from auditsearch.query.unmasked import unmasked
from auditsearch.refusal import refuse
from auditsearch.rows import ALL_NAMES, Rows

PAGE = 500
"""Events that are fetched at once."""

LARGEST_PAGE = 10_000
"""Events that a server gives at once."""

SHOWN = 20
"""Events that `repr` shows."""

NEWEST_FIRST = (Sort("ts", True), Sort("id", True))


@dataclass(frozen=True, eq=False)
class Events:
    """Events that answer a question, newest first unless `order_by` says otherwise. Nothing is asked until needed.

    `for`, `len`, `list` and `in` fetch all of them once and keep them; `bool`, `count`, `exists`, `first`, slices and
    `iterator` do not. Each method returns a new object. Errors in a question are raised where it is put; looking at
    the answer may raise BackendUnavailable, PartialAnswer or ConfigurationError, and Hidden where it asks for what
    PERSONAL names and is not `unmasked`.
    """

    tree: Node = ALL
    order: tuple[Sort, ...] = NEWEST_FIRST
    start: int = 0
    stop: int | None = None
    backend: Backend | None = field(default=None, repr=False)
    unmask: bool = False

    def unmasked(self) -> Events:
        """Return the same with the values that PERSONAL names shown and asked for.

        No permission is looked at: whoever calls it asks for `unmask` first. What is made of it is unmasked too.
        """
        return replace(self, unmask=True)

    def filter(self, *questions: Q, **keywords: Any) -> Events:
        """Return those that also answer all `questions` and `keywords`."""
        return replace(self._whole("filter"), tree=all_of((self.tree, tree_of(*questions, **keywords))))

    def exclude(self, *questions: Q, **keywords: Any) -> Events:
        """Return those that do not answer `questions` and `keywords` taken together; without any, all."""
        without = tree_of(*questions, **keywords)
        return replace(self._whole("exclude"), tree=self.tree if without == ALL else all_of((self.tree, Not(without))))

    def order_by(self, *names: str) -> Events:
        """Order by names of the envelope or promoted ones, descending with `-` in front; missing ones last both ways.

        Equal ones are ordered by time and id, in the direction of the last name. Raises UnknownField or Hidden.
        """
        signed = ((str(name).removeprefix("-"), str(name).startswith("-")) for name in names)
        keys = tuple(Sort(ordered(name), down) for name, down in signed) or NEWEST_FIRST[:1]
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

    def last(self) -> Event | None:
        """Return the last in order, or None. Raises QueryError where the order has a promoted field."""
        return ends.last(self._whole("take the last"))

    def latest(self, name: str = "timestamp") -> Event | None:
        """Return the one with the largest `name`, or None."""
        return self.order_by(f"-{name}").first()

    def in_bulk(self, ids: Iterable[str]) -> dict[str, Event]:
        """Return those of the events that have these ids, by id."""
        return {event.id: event for event in self.filter(id__in=ids).iterator()}

    def values(self, *names: str) -> Rows:
        """Return rows as dicts of `names`: of the envelope, or keys such as `_snapshot__amount`; none are all."""
        return Rows(self, names or ALL_NAMES, "dict")

    def values_list(self, *names: str, flat: bool = False) -> Rows:
        """Return rows as tuples, or `flat` as bare values of one name."""
        return Rows(self, names or ALL_NAMES, "flat" if flat else "tuple")

    def aggregate(self, *expressions: Aggregate, **named: Aggregate) -> dict[str, Any]:
        """Return Django's Count, Min and Max by name, as a QuerySet does; a distinct Count is a Cardinality."""
        return totals.aggregate(self._whole("aggregate"), *expressions, **named)

    def facets(self, name: str, size: int = 10) -> Facets:
        """Return the most frequent values of a name of the envelope or a promoted one. Raises UnknownField."""
        return totals.facets(self._whole("count"), name, size)

    def histogram(self, interval: Interval = "day", zone: tzinfo | None = None) -> Histogram:
        """Return how many events lie in each stretch of the wall clock of `zone`, by default the current one."""
        return totals.histogram(self._whole("count"), interval, zone)

    def between(self, start: int | datetime, end: int | datetime) -> Events:
        """Return those of one bar of a histogram: from `start` on, before `end`; times or microseconds."""
        low, high = (from_micros(edge) if isinstance(edge, int) else edge for edge in (start, end))
        return self.filter(timestamp__gte=low, timestamp__lt=high)

    def page(self, size: int = 50, cursor: str | None = None, **options: Any) -> paging.Sheet:
        """Return one page, 1 to 200 long, and a signed cursor to the next; `options` are those of `paging.page`."""
        return paging.page(self._whole("page"), size, cursor, **options)

    def describe(self, language: str | None = None) -> str:
        """Return the question as a sentence, in `en` or `ru`, by default in the active language."""
        return describe(self.tree, language)

    def iterator(self, page: int = PAGE) -> Iterator[Event]:
        """Yield all, however many, `page` at a time (1 to 10,000), without keeping them."""
        return map(self.event, self.hits(limited("page", page, LARGEST_PAGE)))

    def hits(self, page: int = PAGE) -> Iterator[Hit]:
        """Yield the hits from `start` to `stop`; where the engine's answer is too wide, each is checked first."""
        if (sure := paging.surely(self)) is None:
            return islice(filter(self.fits, self.found(self.plan.engine, page)), self.start, self.stop)
        return islice(self.found(sure, page, self.stop), self.start, self.stop)

    def unsure(self) -> Iterator[Hit]:
        """Yield the candidates of which the engine is not sure."""
        return self.found(self.doubt)

    def found(self, node: Node, page: int = PAGE, most: int | None = None) -> Iterator[Hit]:
        """Yield all hits of an engine's `node` in order, or `most` of them, page after page."""
        return paging.walk(self, node, page, most)

    def fits(self, hit: Hit) -> bool:
        """Say whether a candidate answers the question."""
        return fits(self.asked, askable(loads(hit.canonical), read(hit.personal)))

    def event(self, hit: Hit) -> Event:
        """Return the event of a hit."""
        return Event.from_canonical(hit.canonical, hit.flags, hit.personal if self.unmask else None)

    @property
    def is_whole(self) -> bool:
        """Whether no slice was taken."""
        return not self.start and self.stop is None

    @cached_property
    def plan(self) -> Plan:
        """What the engine is asked, and what must be checked."""
        return plan(self.asked)

    @cached_property
    def asked(self) -> Node:
        """The question as it is put to engine and oracle: unmasked, of personal values too. Raises Hidden."""
        refuse(self)
        return unmasked(self.tree) if self.unmask else self.tree

    @property
    def doubt(self) -> Node:
        """The question for those."""
        return all_of((self.plan.engine, self.plan.doubt))

    @cached_property
    def store(self) -> Backend:
        """The backend that is asked."""
        return self.backend or get_backend()

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
        if not isinstance(key, int) or key < 0:
            raise QueryError(f"There is no event at {key!r}: count from 0, or turn the order round with order_by.")
        if "_all" in self.__dict__:
            return self._all[key]
        event = self._slice(slice(key, key + 1)).first()
        if event is None:
            raise IndexError("There are not so many events.")
        return event

    def __getstate__(self) -> dict[str, Any]:
        """The question, and the events if they were fetched: no store, no connections."""
        return {name: value for name, value in self.__dict__.items() if name not in ("store", "plan", "asked")}

    def __repr__(self) -> str:
        shown = [repr(event) for event in self[: SHOWN + 1].iterator()]
        more = ["...(remaining elements truncated)..."] if len(shown) > SHOWN else []
        return f"<Events [{', '.join(shown[:SHOWN] + more)}]>"

    @cached_property
    def _all(self) -> list[Event]:
        return list(self.iterator())

    def _whole(self, what: str) -> Events:
        if not self.is_whole:
            raise QueryError(f"Cannot {what} once a slice has been taken: {what} first, then slice.")
        return self

    def _count(self) -> int:
        return paging.count(self)

    def _slice(self, part: slice) -> Events:
        start, stop = ends.cut(self.start, self.stop, part)
        return replace(self, start=start, stop=stop)
