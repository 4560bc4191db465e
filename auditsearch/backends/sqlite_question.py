"""A question to the SQLite file, answered segment by segment as sets of bits: `&`, `|` and the complement are one step.

What SQL does best stays with it: words are asked of FTS5, times of their index, and order is made over what was found.
"""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Literal, TypeGuard

from auditsearch.backends import bits
from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_segment import Segment, having_fact, segments
from auditsearch.exceptions import QueryError
from auditsearch.query.fuzzy import alike
from auditsearch.query.tree import And, Column, Fact, Near, Node, Not, Or, Words

SCATTERED = 4
"""Segments on an edge of a stretch of time that are looked through; of more, the index of all times is asked."""

MANY = 200
"""Ids that are bound at once (SQLite before 3.32 binds 999)."""

_LIKE = "SELECT coalesce(group_concat('\"' || term || '\"', ' OR '), '\"\"') FROM {} WHERE alike(?, term)"

Part = Callable[[Segment], int]
"""What answers one node: the bits of a segment's events that fit."""


class Question:
    """One question in one snapshot: `found` holds the bits of what fits, segment by segment."""

    def __init__(self, connection: Connection, node: Node) -> None:
        self.connection = connection
        self.segments = segments(connection)
        try:
            answer = self.part(node)
            self.found = [answer(segment) for segment in self.segments]
        except RecursionError:
            raise QueryError("the question is nested too deep; put its parts side by side") from None

    def count(self) -> int:
        """How many events fit."""
        return sum(found.bit_count() for found in self.found)

    def keys(self) -> list[int]:
        """The keys of all events that fit, ascending."""
        pairs = zip(self.segments, self.found, strict=True)
        return [segment.low + number for segment, found in pairs for number in bits.numbers(found)]

    def has(self, key: int) -> bool:
        """Whether the event of `key` fits."""
        place = bisect_right(self.segments, key, key=_low) - 1
        return place >= 0 and bool(self.found[place] >> key - self.segments[place].low & 1)

    def is_all(self) -> bool:
        """Whether each event fits."""
        return all(found == segment.all for segment, found in zip(self.segments, self.found, strict=True))

    def part(self, node: Node) -> Part:
        """Return what answers `node`."""
        match node:
            case And(nodes):
                return _both([self.part(inner) for inner in sorted(_times_joined(nodes), key=_cost)])
            case Or(nodes):
                return _either([self.part(inner) for inner in nodes])
            case Not(inner):
                return _other(self.part(inner))
            case Words(()):
                return _all
            case Words(words, phrase, personal):
                return self.matching("?", _match(words, phrase), personal)
            case Near(word, "prefix", personal):
                return self.matching("?", _match((word,), True) + "*", personal)
            case Near(word, _, personal):
                return self.like(word, personal)
            case Fact():
                return lambda segment: having_fact(self.connection, segment, node)
            case Column(name, "equals", values):
                return self.named(name, values)
            case Column(_, _, (low, high)):
                return self.between(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
        raise TypeError(f"no engine node: {type(node).__name__}")

    def matching(self, asked: str, value: str, personal: bool) -> Part:
        """Events whose words, or personal ones, match a question to FTS5."""
        table = "words_personal" if personal else "words"
        return self.selected(f"SELECT rowid FROM {table} WHERE {table} MATCH ({asked}) ORDER BY rowid", value)

    def like(self, word: str, personal: bool) -> Part:
        """Events with a word like `word`, sought in FTS5's own list of words."""
        table, words = ("vocabulary_personal", "words_personal") if personal else ("vocabulary", "words")
        self.connection.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table} USING fts5vocab(main, {words}, row)")
        self.connection.create_function("alike", 2, alike, deterministic=True)
        return self.matching(_LIKE.format(table), word, personal)

    def named(self, column: Literal["ts", "id"], asked: Sequence[str | int]) -> Part:
        """Events with one of these times or ids."""
        keys: list[int] = []
        for start in range(0, len(asked), MANY):
            some = asked[start : start + MANY]
            keys += self._keys(f"SELECT key FROM event WHERE {column} IN ({', '.join('?' * len(some))})", *some)
        return self._spread(keys)

    def between(self, low: int, high: int) -> Part:
        """Events of a stretch of time, half open."""
        edge = [one for one in self.segments if one.last >= low and one.first < high and not _within(one, low, high)]
        if len(edge) > SCATTERED:
            return self.selected("SELECT key FROM event INDEXED BY event_time WHERE ts >= ? AND ts < ?", low, high)
        sql = "SELECT key FROM event WHERE ts >= ? AND ts < ? AND key >= ? AND key < ?"
        keys = [key for one in edge for key in self._keys(sql, low, high, one.low, one.low + one.size)]
        inside = self._spread(keys)
        return lambda segment: segment.all if _within(segment, low, high) else inside(segment)

    def selected(self, sql: str, *bound: Any) -> Part:
        """Events that a statement names by key; it is asked once, and only if another part leaves it open."""
        made: list[Part] = []

        def answer(segment: Segment) -> int:
            if not made:
                made.append(self._spread(self._keys(sql, *bound)))
            return made[0](segment)

        return answer

    def _keys(self, sql: str, *bound: Any) -> list[int]:
        return [key for (key,) in self.connection.execute(sql, bound)]

    def _spread(self, keys: list[int]) -> Part:
        """Keys by segment."""
        keys.sort()

        def answer(segment: Segment) -> int:
            start, end = bisect_right(keys, segment.low - 1), bisect_right(keys, segment.low + segment.size - 1)
            return bits.of([key - segment.low for key in keys[start:end]], segment.size)

        return answer


def _all(segment: Segment) -> int:
    return segment.all


def _both(parts: list[Part]) -> Part:
    def answer(segment: Segment) -> int:
        found = segment.all
        for part in parts:
            if not found:
                break
            found &= part(segment)
        return found

    return answer


def _either(parts: list[Part]) -> Part:
    return lambda segment: reduce(or_, (part(segment) for part in parts), 0)


def _other(part: Part) -> Part:
    return lambda segment: segment.all & ~part(segment)


def _times_joined(nodes: Iterable[Node]) -> list[Node]:
    """The nodes with one stretch of time for all: each half of it may hold nearly everything."""
    spans = [node.value for node in nodes if _is_span(node)]
    if len(spans) < 2:
        return list(nodes)
    low = max((low for low, _ in spans if low is not None), default=None)
    high = min((high for _, high in spans if high is not None), default=None)
    return [*(node for node in nodes if not _is_span(node)), Column("ts", "between", (low, high))]


def _is_span(node: Node) -> TypeGuard[Column]:
    return isinstance(node, Column) and node.op == "between"


def _cost(node: Node) -> int:
    """What is asked first of parts that must all hold: what leaves little to the others is quick."""
    match node:
        case Fact(op="equals") | Column():
            return 0
        case Fact():
            return 1
    return 2


def _within(segment: Segment, low: int, high: int) -> bool:
    return low <= segment.first and segment.last < high


def _low(segment: Segment) -> int:
    return segment.low


def _match(words: Iterable[str], phrase: bool) -> str:
    """Return the question to FTS5: one phrase, or words that all must be there."""
    quoted = [word.replace('"', '""') for word in words]
    return f'"{" ".join(quoted)}"' if phrase else " ".join(f'"{word}"' for word in quoted)
