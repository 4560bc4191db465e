"""The scan of a store that has no quicker way than reading its events one after another."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from auditsearch.backends.base import Backend, Stored, Times
from auditsearch.query.tree import ALL, Node

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


def scanned(backend: Backend, partition: str, node: Node = ALL) -> Generator[Loose, None, None]:
    """Yield a partition's events by `Backend.read`, oldest first."""
    after = None
    while page := backend.read(partition, node, after=after, limit=SIZE, derived=True):
        yield Loose(page)
        if len(page) < SIZE:
            return
        after = (page[-1].ts, page[-1].id)
