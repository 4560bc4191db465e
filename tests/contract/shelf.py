"""One test's events in a store that all tests share: no test needs an index, a file or a wipe of its own."""

from __future__ import annotations

import itertools
import time
from typing import Any
from uuid import uuid4

from auditsearch.askable import askable
from auditsearch.backends.base import Backend, Outcome, Settled
from auditsearch.canonical import loads
from auditsearch.document import Document
from auditsearch.facts import Leaves
from auditsearch.personal import read
from auditsearch.query.evaluate import fits
from auditsearch.query.parse import tree_of
from auditsearch.query.tree import Node
from auditsearch.query.unmasked import unmasked
from auditsearch.search import Events
from tests.factories import event

_numbers = itertools.count()
_run = uuid4().hex[:8]

PREFIX = f"contract{_run}"


class Shelf:
    """The events of one test: all have the same `logger`, and all questions ask for it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.name = f"shelf-{_run}-{next(_numbers)}"
        self.documents: list[Document] = []
        self.leaves: list[Leaves] = []

    def event(self, **changes: Any) -> Document:
        """A document for this shelf that is not stored yet."""
        return event(**{"partition": f"{PREFIX}-2026.11", "logger": self.name} | changes)

    def index(self, *documents: Document) -> list[Outcome]:
        """Store documents as they are."""
        outcomes = self.backend.index(documents)
        self.backend.refresh()
        return outcomes

    def put(self, *events: dict[str, Any]) -> None:
        """Store events, which are known by their number from then on, and see to it that all were stored."""
        documents = [self.event(**changes) for changes in events]
        outcomes = self.index(*documents)
        for _ in range(200):
            if Settled.RETRY in {outcome.settled for outcome in outcomes}:
                time.sleep(0.5)  # a busy server: sent again, as the shipper does
                outcomes = self.index(*documents)
        assert [outcome for outcome in outcomes if outcome.settled is not Settled.SHIPPED] == []
        self.documents += documents
        self.leaves += [askable(loads(document.canonical), read(document.personal)) for document in documents]

    def adopt(self, *documents: Document) -> None:
        """Store events made elsewhere, under ids of their own."""
        trees = [loads(document.canonical) for document in documents]
        # not `new_id`: hypothesis makes `random` repeat itself
        self.put(*(tree | {"id": str(uuid4()), "logger": self.name} for tree in trees))

    def values(self, *values: Any) -> None:
        """Store one event for each value, under `v` of its context."""
        self.put(*({"context_data": {"v": value}} for value in values))

    @property
    def events(self) -> Events:
        """All of them, as an application asks."""
        return Events(backend=self.backend).filter(logger=self.name)

    def numbers(self, events: Events) -> list[int]:
        """Which these are, in their order."""
        known = {document.id: n for n, document in enumerate(self.documents)}
        return [known[found.id] for found in events]

    def ask(self, *questions: Any, **keywords: Any) -> set[int]:
        """Numbers of the events that answer; counting them agrees."""
        events = self.events.filter(*questions, **keywords)
        found = self.numbers(events)
        assert len(found) == len(set(found)) == self.events.filter(*questions, **keywords).count()
        return set(found)

    def asked_of(self, node: Node, *, unmask: bool = False) -> list[int]:
        """Numbers of the events that answer a tree."""
        both = self.events.tree & node
        return sorted(self.numbers(Events(both, backend=self.backend, unmask=unmask)))

    def true_of(self, node: Node, *, unmask: bool = False) -> list[int]:
        """What the oracle says of the same tree."""
        node = unmasked(node) if unmask else node
        return [n for n, found in enumerate(self.leaves) if fits(node, found)]

    def agrees(self, *questions: Any, **keywords: Any) -> None:
        """The store answers as the oracle does."""
        node = tree_of(*questions, **keywords)
        assert self.asked_of(node) == self.true_of(node), node
