"""The scan of a store that has no quicker way than reading its events one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditsearch.backends.base import Backend, Stored
from auditsearch.backends.scan import ENDED, Times
from auditsearch.query.tree import Node

SIZE = 1000
"""Events of one batch."""


@dataclass(frozen=True, slots=True)
class Loose:
    """Events of which nothing is known."""

    stored: list[Stored]

    def events(self) -> list[Stored]:
        """All of them."""
        return self.stored

    def brief(self) -> list[Stored]:
        """All of them."""
        return self.stored

    def doubtful(self, partition: str, times: Times) -> tuple[int, list[Stored]]:
        """All of them."""
        return len(self.stored), self.stored


@dataclass(slots=True)
class Pages:
    """A scan by `Backend.read`, oldest first; its place is `ts` and `id` of the last event."""

    backend: Backend
    partition: str
    node: Node
    place: Any = None

    def __iter__(self) -> Pages:
        return self

    def __next__(self) -> Loose:
        if self.place == ENDED:
            raise StopIteration
        page = self.backend.read(self.partition, self.node, after=self.place, limit=SIZE, derived=True)
        self.place = (page[-1].ts, page[-1].id) if len(page) == SIZE else ENDED
        if not page:
            raise StopIteration
        return Loose(page)

    def close(self) -> None:
        """End it."""
        self.place = ENDED
