"""Pages without an end, each with a signed cursor to the next: events that arrive meanwhile move none of them.

A cursor holds the place of the last event and nothing of the question. It is bound to user, scope and question, so that
nobody goes on reading another one's list. Where candidates must be checked one by one, a page may be cut short by
time: it tells how far it came, and its cursor resumes there.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core import signing

from auditsearch.backends.base import After, Hit, Page
from auditsearch.event import Event
from auditsearch.exceptions import QueryError
from auditsearch.lengths import limited
from auditsearch.query.algebra import all_of
from auditsearch.query.tree import NONE, Node

if TYPE_CHECKING:
    from auditsearch.search import Events

MOST = 200
"""Events of one page."""

STEP = 500
"""Candidates that are fetched at once."""

_SALT = "auditsearch.cursor"

Bound = Callable[[], str]
"""What a cursor is bound to, made when there is one."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page. `cursor` leads to the next one, None at the end.

    `total` events fit, at least if not `exact`; None where that is not known without looking at each. `looked` of
    `candidates` were checked so far, on this page and those before it; both are 0 where the engine needs no check.
    """

    events: list[Event]
    cursor: str | None
    total: int | None = None
    exact: bool = True
    looked: int = 0
    candidates: int = 0

    @property
    def progress(self) -> float:
        """How much of the scan is done, 0 to 1."""
        return 1.0 if self.cursor is None or not self.candidates else min(1.0, self.looked / self.candidates)


@dataclass(slots=True)
class _Place:
    """Where a page begins: behind which event, and what was looked at before."""

    after: After | None = None
    looked: int = 0
    candidates: int = 0


def page(
    events: Events,
    size: int = 50,
    cursor: str | None = None,
    *,
    user: Any = None,
    scope: str = "",
    seconds: float = 5.0,
    total: bool = True,
) -> Sheet:
    """Return the page of `size` events (1 to 200) behind `cursor`.

    `user` and `scope` are what the cursor is bound to beside the question. A scan is cut after `seconds`, but looks at
    one step of candidates at least. Raises QueryError on a cursor that is forged, or of another user or question.
    """
    limited("size", size, MOST)
    bound = partial(_bound, events, user, scope)
    place = _opened(cursor, bound()) if cursor is not None else _Place()
    if not place.candidates:
        found = _asked(events, size, place, total)
        if not found.doubtful:
            more = (found.total or 0) > size if _tells(place, total) else len(found.hits) > size
            return _plain(events, size, found, bound, more)
        place.candidates = events.store.count(events.plan.engine)
    return _Scan(events, size, place, time.monotonic() + seconds).sheet(bound)


def walk(events: Events, node: Node, size: int, most: int | None) -> Iterator[Hit]:
    """Yield all hits of an engine's `node` in the order of `events`, or `most` of them, `size` at a time."""
    after, left = None, most
    while left is None or left > 0:
        limit = size if left is None else min(size, left)
        hits = events.store.search(node, order=events.order, after=after, limit=limit, personal=events.unmask).hits
        yield from hits
        if len(hits) < limit:
            return
        after, left = hits[-1].after, left if left is None else left - limit


def surely(events: Events) -> Node | None:
    """Return a question of whose hits none is in doubt, where it has the answers of `events`; None where some are."""
    if _is_calm(events):
        return events.plan.first
    return None if events.plan.check and events.store.count(events.doubt) else events.plan.sure


def count(events: Events) -> int:
    """Return how many there are, of all: the engine counts what is sure, only the rest is fetched and checked."""
    if _is_calm(events):
        return events.store.count(events.plan.first)
    known = events.store.count(events.plan.sure) if events.plan.sure != NONE else 0
    return known + sum(map(events.fits, events.unsure())) if events.plan.check else known


def _is_calm(events: Events) -> bool:
    """Whether there is an alarm that is asked sooner than the whole doubt, and it is still."""
    asked = events.plan
    has_alarm = (asked.first, asked.alarm) != (asked.engine, asked.doubt)
    return has_alarm and not events.store.count(all_of((asked.first, asked.alarm)))


def _asked(events: Events, size: int, place: _Place, total: bool) -> Page:
    """Ask the engine at once for hits and for how many of all it is not sure: where it is of none, these are they."""
    asked = events.plan
    found = _found(events, size, place, total, asked.first, asked.alarm)
    if not found.doubtful or (asked.first, asked.alarm) == (asked.engine, asked.doubt):
        return found
    return _found(events, size, place, total, asked.engine, asked.doubt)


def _found(events: Events, size: int, place: _Place, total: bool, node: Node, doubt: Node) -> Page:
    return events.store.search(
        node,
        order=events.order,
        after=place.after,
        limit=size + (not _tells(place, total)),
        total=total,
        personal=events.unmask,
        doubt=doubt if events.plan.check else None,
    )


def _tells(place: _Place, total: bool) -> bool:
    """Whether the total tells that there is a next page: on the first one, so no event beyond it must be fetched."""
    return total and place.after is None


def _plain(events: Events, size: int, found: Page, bound: Bound, more: bool) -> Sheet:
    hits = found.hits[:size]
    cursor = _signed(_Place(hits[-1].after), bound()) if more else None
    return Sheet([events.event(hit) for hit in hits], cursor, found.total, found.exact)


@dataclass(slots=True)
class _Scan:
    """One page of candidates that are checked until there are enough hits, or no time is left."""

    events: Events
    size: int
    place: _Place
    until: float
    found: list[Hit] = field(default_factory=list)

    def sheet(self, bound: Bound) -> Sheet:
        """Scan, and return what came of it."""
        while (more := self.step()) and len(self.found) < self.size and time.monotonic() < self.until:
            pass
        cursor = _signed(self.place, bound()) if more else None
        shown = [self.events.event(hit) for hit in self.found]
        return Sheet(shown, cursor, None, False, self.place.looked, max(self.place.candidates, self.place.looked))

    def step(self) -> bool:
        """Look at some candidates; False at their end."""
        order, engine = self.events.order, self.events.plan.engine
        store, unmask = self.events.store, self.events.unmask
        candidates = store.search(engine, order=order, after=self.place.after, limit=STEP, personal=unmask).hits
        for number, hit in enumerate(candidates, 1):
            self.place.after, self.place.looked = hit.after, self.place.looked + 1
            if self.events.fits(hit):
                self.found.append(hit)
            if len(self.found) == self.size:
                return number < len(candidates) or len(candidates) == STEP
        return len(candidates) == STEP


def _bound(events: Events, user: Any, scope: str) -> str:
    """What a cursor must be of: a digest of user, scope, question, order, and whether it is unmasked."""
    who = getattr(user, "pk", user)
    return hashlib.sha256(repr((str(who), scope, events.tree, events.order, events.unmask)).encode()).hexdigest()[:32]


def _signed(place: _Place, bound: str) -> str:
    return signing.dumps([bound, place.after, place.looked, place.candidates], salt=_SALT)


def _opened(cursor: str, bound: str) -> _Place:
    try:
        of, after, looked, candidates = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError, UnicodeError):
        raise QueryError("This cursor is none of ours, or was changed: begin with the first page.") from None
    if of != bound:
        raise QueryError("This cursor belongs to another question, order, scope or user: begin with the first page.")
    return _Place(tuple(after), looked, candidates)
