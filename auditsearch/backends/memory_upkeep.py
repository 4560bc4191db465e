"""What is done to stored events in memory: read whole, taken away one by one, or a partition at a time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from auditsearch.backends.base import Stored
from auditsearch.backends.batches import Pages
from auditsearch.backends.flaw import Flaw
from auditsearch.backends.scan import Scan
from auditsearch.backends.space import Space
from auditsearch.query.tree import ALL, Node

if TYPE_CHECKING:
    from auditsearch.backends.memory import _Held


class Upkeep:
    """The part of `MemoryBackend` that archives, retention and verifying use."""

    keeps: frozenset[str] | None = None
    _held: dict[str, _Held]
    _lock: threading.Lock

    def holdings(self) -> dict[str, int]:
        """Events in each partition."""
        with self._lock:
            return dict(Counter(held.document.partition for held in self._held.values()))

    def read(
        self,
        partition: str,
        node: Node = ALL,
        *,
        after: tuple[int, str] | None = None,
        limit: int = 1000,
        derived: bool = False,
    ) -> list[Stored]:
        """The next events of a partition, oldest first."""
        found = [held for held in self._fitting(node) if held.document.partition == partition]
        found.sort(key=lambda held: (held.document.ts, held.document.id))
        rest = [held for held in found if after is None or (held.document.ts, held.document.id) > after]
        return [_stored(held, derived) for held in rest[:limit]]

    def scan(self, partition: str, node: Node = ALL, place: Any = None) -> Scan:
        """All events of a partition that fit, oldest first."""
        return Pages(self, partition, node, place)  # type: ignore[arg-type]  # the whole backend is what this is a part of

    def flaws(self) -> Iterator[Flaw]:
        """Nothing: there is one of each."""
        return iter(())

    def delete(self, partition: str, ids: Sequence[str]) -> int:
        """Take events away; how many were there."""
        with self._lock:
            there = [each for each in ids if each in self._held and self._held[each].document.partition == partition]
            for each in there:
                del self._held[each]
        return len(there)

    def drop_partition(self, partition: str, *, holding: int) -> bool:
        """Take all events of a partition away, if there are exactly `holding` of them."""
        with self._lock:
            there = [key for key, held in self._held.items() if held.document.partition == partition]
            if len(there) == holding:
                for key in there:
                    del self._held[key]
        return len(there) == holding

    def number(self, partition: str, node: Node = ALL) -> int:
        """Events of a partition that fit."""
        return sum(held.document.partition == partition for held in self._fitting(node))

    def known(self, partition: str, leaves: Mapping[str, str]) -> int:
        """How many of these events a partition has with that leaf."""
        there = [held.document for held in self._held.values() if held.document.partition == partition]
        return sum(leaves.get(document.id) == document.leaf for document in there)

    def reopen(self, partition: str) -> None:
        """Nothing is ever closed."""

    def space(self) -> Space | None:
        """Memory has no limit that is known."""
        return None

    def _fitting(self, node: Node) -> list[_Held]:
        raise NotImplementedError


def _stored(held: _Held, derived: bool) -> Stored:
    document = held.document
    flags = frozenset({"clipped"}) if document.clipped else frozenset[str]()
    body = orjson.loads(orjson.dumps(document.body())) if derived else None
    return Stored(document.id, document.ts, document.canonical, document.leaf, flags, body, document.personal)
