"""The backend in memory: the plain reading of what a question means, for tests and as the measure of the others."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from auditsearch import intervals
from auditsearch.backends.base import (
    TOTAL,
    After,
    Facets,
    Histogram,
    Hit,
    Interval,
    Outcome,
    Page,
    Settled,
    Sort,
    Status,
    never_dropped,
)
from auditsearch.backends.memory_upkeep import Upkeep
from auditsearch.backends.order import checked, column
from auditsearch.document import Document, document
from auditsearch.promoted import PREFIX, shown
from auditsearch.query.fuzzy import alike
from auditsearch.query.tree import And, Column, Fact, Near, Node, Not, Or, Words

_FACT = re.compile(r"@?[^=#@~?]*[=#@~?]")  # the parts of the time alone have a path with a sign: @year=2026


class MemoryBackend(Upkeep):
    """Keeps documents in a dict of this process; nothing survives it."""

    embedded = True

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def setup(self) -> list[str]:
        """Nothing to install."""
        return []

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Store each document exactly once; one outcome each, in their order."""
        with self._lock:
            return [self._keep(document, dropped) for document in documents]

    def search(
        self,
        node: Node,
        *,
        order: Sequence[Sort],
        after: After | None = None,
        limit: int = 100,
        total: bool = False,
        personal: bool = False,
        doubt: Node | None = None,
    ) -> Page:
        """One page of hits. With `total`, counted up to 10,000 "or more"; with `personal`, with their side objects."""
        found = self._fitting(node)
        rest = found if after is None else [held for held in found if _is_beyond(held, order, after)]
        hits = [_hit(held, order, personal) for held in _ordered(rest, order)[:limit]]
        doubtful = sum(_fits(doubt, held) for held in found) if doubt else 0
        return Page(hits, min(len(found), TOTAL) if total else None, len(found) <= TOTAL, doubtful)

    def count(self, node: Node) -> int:
        """Exact number of events that fit."""
        return len(self._fitting(node))

    def facets(self, node: Node, field: str, *, size: int = 10) -> Facets:
        """The most frequent values of a column."""
        name = column(field)
        found = [held.values(name) for held in self._fitting(node)]
        counts = Counter(value for values in found for value in values)
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        listed = [(shown(field, value), number) for value, number in ranked[:size]]
        return Facets(listed, sum(n for _, n in ranked[size:]), found.count(()), len(found))

    def histogram(self, node: Node, interval: Interval, zone: tzinfo) -> Histogram:
        """Events by time."""
        times = Counter(held.document.ts for held in self._fitting(node))
        if not times:
            return Histogram([])
        return intervals.histogram(times.items(), intervals.starts(min(times), max(times), interval, zone))

    def refresh(self) -> None:
        """Nothing waits."""

    def status(self) -> Status:
        """How many events there are."""
        return Status(events=len(self._held))

    def rebuild(self, progress: Callable[[int, int], None]) -> int:
        """Make all documents anew; returns how many."""
        with self._lock:
            there = [held.document for held in self._held.values()]
            self._held = {one.id: _Held.of(document(one.canonical, one.partition, one.personal)) for one in there}
        progress(len(self._held), len(self._held))
        return len(self._held)

    def close(self) -> None:
        """Nothing to give back: the events stay."""

    def clear(self) -> None:
        """Forget all events."""
        with self._lock:
            self._held.clear()

    def _keep(self, document: Document, dropped: Callable[[str], bool]) -> Outcome:
        if dropped(document.partition):
            return Outcome(document.id, Settled.EXPIRED_LATE, "retention dropped its partition")
        held = self._held.setdefault(document.id, _Held.of(document))
        if held.document.leaf != document.leaf:
            return Outcome(document.id, Settled.QUARANTINE, "another event is stored under this id")
        return Outcome(document.id, Settled.SHIPPED)

    def _fitting(self, node: Node) -> list[_Held]:
        with self._lock:
            held = list(self._held.values())
        return [one for one in held if _fits(node, one)]


@dataclass(frozen=True, slots=True)
class _Held:
    """A document with its facts by name (path and kind), and its words between spaces."""

    document: Document
    facts: dict[str, list[str]]
    folded: dict[str, list[str]]
    texts: dict[bool, str]  # whether they are personal -> words

    @classmethod
    def of(cls, document: Document) -> _Held:
        texts = {False: f" {document.text} ", True: f" {document.text_personal} "}
        return cls(document, _by_name(document.facts), _by_name(document.folded), texts)

    def value(self, key: Sort) -> Any:
        """What events are ordered by."""
        if key.field in ("ts", "id"):
            return getattr(self.document, key.field)
        values = self.values(key.field)
        return (max(values) if key.descending else min(values)) if values else None

    def values(self, field: str) -> tuple[Any, ...]:
        """What the event has in a column that may be missing."""
        if field.startswith(PREFIX):
            return self.document.promoted.get(field.removeprefix(PREFIX), ())
        return (self.document.envelope[field],) if field in self.document.envelope else ()


def split(fact: str) -> tuple[str, str]:
    """Return a fact's name (its path with its kind as last character) and its value."""
    found = _FACT.match(fact)
    return (found[0], fact[found.end() :]) if found else (fact, "")


def _by_name(facts: Sequence[str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, value in map(split, facts):
        names.setdefault(name, []).append(value)
    return names


def _fits(node: Node, held: _Held) -> bool:
    match node:
        case And(nodes):
            return all(_fits(inner, held) for inner in nodes)
        case Or(nodes):
            return any(_fits(inner, held) for inner in nodes)
        case Not(inner):
            return not _fits(inner, held)
        case Words(()):
            return True
        case Words(words, True, personal):
            return f" {' '.join(words)} " in held.texts[personal]
        case Words(words, _, personal):
            return all(f" {word} " in held.texts[personal] for word in words)
        case Near(word, "prefix", personal):
            return f" {word}" in held.texts[personal]
        case Near(word, _, personal):
            return any(alike(word, other) for other in held.texts[personal].split())
        case Column(name, "equals", asked):
            return getattr(held.document, name) in asked
        case Column(_, _, (low, high)):
            return _between(held.document.ts, low, high)
        case Fact(path, _, "below"):
            return any(name.startswith(f"{path}.") for name in (held.folded if node.folded else held.facts))
        case Fact(path, sep, op, asked):
            values = (held.folded if node.folded else held.facts).get(path + sep, ())
            return any(_value_fits(op, asked, value) for value in values)
    raise TypeError(f"no engine node: {type(node).__name__}")


def _value_fits(op: str, asked: Any, value: str) -> bool:
    match op:
        case "equals":
            return value in asked
        case "prefix":
            return value.startswith(asked)
        case "contains":
            return asked in value
        case "ends":
            return value.endswith(asked)
        case "between":
            return _between(value, *asked)
        case "regexp":
            return bool(asked.search(value))
        case "any":
            return True
    raise TypeError(f"no operation on facts: {op}")


def _between(value: Any, low: Any, high: Any) -> bool:
    return (low is None or low <= value) and (high is None or value < high)


def _ordered(held: list[_Held], order: Sequence[Sort]) -> list[_Held]:
    """Sort by the last key first: Python's sort is stable. Missing values are last both ways."""
    for key in reversed(checked(order)):
        present = [one for one in held if one.value(key) is not None]
        missing = [one for one in held if one.value(key) is None]
        held = sorted(present, key=lambda one, key=key: one.value(key), reverse=key.descending) + missing  # type: ignore[misc]
    return held


def _is_beyond(held: _Held, order: Sequence[Sort], after: After) -> bool:
    for key, there in zip(order, after, strict=True):
        here = held.value(key)
        if here == there:
            continue
        if here is None or there is None:
            return here is None
        return bool(here < there) if key.descending else bool(here > there)
    return False


def _hit(held: _Held, order: Sequence[Sort], personal: bool) -> Hit:
    one, side = held.document, held.document.personal if personal else None
    return Hit(one.canonical, tuple(map(held.value, order)), frozenset({"clipped"} if one.clipped else ()), side)
