"""Segments of the SQLite file: neighbouring events whose facts stand together in pages.

Each transaction writes a segment; eight small ones become one, so that there are few however the events came. What
grows is written at its end: an event costs the same however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile

from auditsearch.backends import bits
from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_page import Page, Postings, has_any, having, inverted, legible, pages, read
from auditsearch.document import Document
from auditsearch.query.lines import spans
from auditsearch.query.tree import Fact
from auditsearch.stems import languages

FULL = 4096
"""Events of a segment that stays as it is; merged ones grow to nine times as many, and a page can count 55,295."""

MERGED = 8
"""Segments of one size that become one, and by how much it is larger."""

TABLES = ("facts", "folded")
"""What the column `folded` says of a page: 0 or 1."""

_PAGE = "INSERT INTO page (segment, folded, first, body, counts, events) VALUES (?, ?, ?, ?, ?, ?)"
_PAGES = (
    "SELECT first, body, counts, events FROM page WHERE segment = ? AND folded = ? AND first < ? AND first >= "
    "coalesce((SELECT max(first) FROM page WHERE segment = ? AND folded = ? AND first <= ?), x'')"
)
_SEGMENT = "SELECT low, size, first, last, languages, gone FROM segment"


@dataclass(frozen=True, slots=True)
class Segment:
    """Events with the keys `low` to `low + size`, without those of the bits `gone`; their times first to last.

    Behind their words stand the stems of `languages`, codes with commas.
    """

    low: int
    size: int
    first: int
    last: int
    languages: str
    gone: int

    @property
    def all(self) -> int:
        """The bits of all events."""
        return (1 << self.size) - 1 & ~self.gone

    @property
    def tier(self) -> int:
        """The class of size within which segments are merged."""
        return next((n for n in range(8) if self.size < MERGED ** (n + 1)), 8)


def segments(connection: Connection) -> list[Segment]:
    """Return all segments, by key."""
    return [_segment(row) for row in connection.execute(f"{_SEGMENT} ORDER BY low")]


def having_fact(connection: Connection, segment: Segment, fact: Fact) -> int:
    """Return the bits of the events that have a fact that fits."""
    found: list[Sequence[int]] = []
    table = (segment.low, fact.folded)
    for low, high in spans(fact):
        for row in connection.execute(_PAGES, (*table, high, *table, low)):
            found += having(Page(*row), fact)
    return bits.of(found[0] if len(found) == 1 else list(chain.from_iterable(found)), segment.size)


def add(connection: Connection, keyed: Sequence[tuple[int, Document]]) -> None:
    """Store the facts of new events, which have the next keys."""
    for start in range(0, len(keyed), FULL):
        chunk = keyed[start : start + FULL]
        low, times = chunk[0][0], [document.ts for _, document in chunk]
        facts = inverted((key - low, document.facts) for key, document in chunk)
        folded = inverted((key - low, document.folded) for key, document in chunk)
        segment = Segment(low, chunk[-1][0] - low + 1, min(times), max(times), ",".join(languages()), 0)
        _insert(connection, segment, facts, folded)
        _merge(connection)


def strip(connection: Connection, keys: Iterable[int]) -> None:
    """Take the facts of events away."""
    for segment, offsets in _by_segment(connection, keys):
        gone = segment.gone | bits.of(sorted(offsets), segment.size)
        connection.execute("UPDATE segment SET gone = ? WHERE low = ?", (_bytes(gone), segment.low))
        if gone.bit_count() == segment.size:
            _drop(connection, [segment])
        else:
            _strip(connection, segment, offsets)


def facts_of(connection: Connection, keys: Iterable[int]) -> dict[int, dict[str, list[str]]]:
    """Return the facts and folded facts of events, by key."""
    found: dict[int, dict[str, list[str]]] = {key: {table: [] for table in TABLES} for key in keys}
    for segment, offsets in _by_segment(connection, found):
        for table, page, _ in all_pages(connection, segment):
            for fact, events in legible(page):
                for event in offsets.intersection(map(ord, events)):
                    found[segment.low + event][table].append(fact)
    return found


def all_pages(connection: Connection, segment: Segment) -> Iterator[tuple[str, Page, int]]:
    """Yield each page of a segment with its table and its row's id."""
    sql = "SELECT folded, first, body, counts, events, id FROM page WHERE segment = ? ORDER BY folded, first"
    for folded, *page, key in connection.execute(sql, (segment.low,)).fetchall():
        yield TABLES[folded], Page(*page), key


def languages_of(connection: Connection, keys: Iterable[int]) -> dict[int, str]:
    """Return the languages of the stems behind the words of events, by key."""
    pairs = _by_segment(connection, keys)
    return {segment.low + offset: segment.languages for segment, offsets in pairs for offset in offsets}


def of_other_languages(connection: Connection) -> Segment | None:
    """Return the first segment that was stored for other languages than the settings have."""
    sql = f"{_SEGMENT} WHERE languages != ? ORDER BY low LIMIT 1"
    row = connection.execute(sql, (",".join(languages()),)).fetchone()
    return _segment(row) if row else None


def _insert(connection: Connection, segment: Segment, *postings: Postings) -> None:
    """Store one segment with its facts and its folded facts."""
    row = (segment.low, segment.size, segment.first, segment.last, segment.languages, _bytes(segment.gone))
    connection.execute("INSERT INTO segment (low, size, first, last, languages, gone) VALUES (?, ?, ?, ?, ?, ?)", row)
    for folded, found in enumerate(postings):
        connection.executemany(_PAGE, [(segment.low, folded, *page) for page in pages(found)])


def _merge(connection: Connection) -> None:
    """Make one of the last segments, wherever there are enough of the last one's size or smaller."""
    last = [_segment(row) for row in connection.execute(f"{_SEGMENT} ORDER BY low DESC LIMIT {MERGED * MERGED}")]
    same = list(takewhile(lambda one: one.tier <= last[0].tier and one.languages == last[0].languages, last))
    if len(same) < MERGED or last[0].size >= FULL:
        return
    same.reverse()
    low, size = same[0].low, same[-1].low + same[-1].size - same[0].low
    there, found = 0, ({}, {})  # type: tuple[int, tuple[Postings, Postings]]
    for segment in same:
        there |= segment.all << segment.low - low
        for table, page, _ in all_pages(connection, segment):
            _append(found[TABLES.index(table)], read(page, segment.low - low))
    _drop(connection, same)
    times = min(segment.first for segment in same), max(segment.last for segment in same)
    _insert(connection, Segment(low, size, *times, last[0].languages, (1 << size) - 1 & ~there), *found)
    _merge(connection)


def _append(found: Postings, more: Iterable[tuple[str, str]]) -> None:
    for fact, events in more:
        found[fact] = found.get(fact, "") + events


def _strip(connection: Connection, segment: Segment, offsets: set[int]) -> None:
    removed = dict.fromkeys(offsets)
    for _, page, key in all_pages(connection, segment):
        if not has_any(page, offsets):
            continue
        left = {fact: events.translate(removed) for fact, events in read(page)}
        kept = {fact: events for fact, events in left.items() if events}
        for _, *columns in pages(kept):  # one page, or none
            connection.execute("UPDATE page SET body = ?, counts = ?, events = ? WHERE id = ?", (*columns, key))
        if not kept:
            connection.execute("DELETE FROM page WHERE id = ?", (key,))


def _drop(connection: Connection, gone: Iterable[Segment]) -> None:
    for segment in gone:
        connection.execute("DELETE FROM page WHERE segment = ?", (segment.low,))
        connection.execute("DELETE FROM segment WHERE low = ?", (segment.low,))


def _by_segment(connection: Connection, keys: Iterable[int]) -> Iterator[tuple[Segment, set[int]]]:
    """Yield the segments of events with their offsets. What lies in none, in a file that was tampered with, is left."""
    left = sorted(keys, reverse=True)
    while left:
        row = connection.execute(f"{_SEGMENT} WHERE low <= ? ORDER BY low DESC LIMIT 1", (left[-1],)).fetchone()
        if row is None or left[-1] >= row[0] + row[1]:
            left.pop()
            continue
        segment = _segment(row)
        offsets = set()
        while left and left[-1] < segment.low + segment.size:
            offsets.add(left.pop() - segment.low)
        yield segment, offsets


def _segment(row: tuple[int, int, int, int, str, bytes]) -> Segment:
    return Segment(*row[:5], int.from_bytes(row[5]))


def _bytes(bits: int) -> bytes:
    return bits.to_bytes((bits.bit_length() + 7) // 8)
