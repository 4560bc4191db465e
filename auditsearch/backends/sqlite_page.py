"""Pages of the SQLite file: the facts of neighbouring events, sorted, in runs of lines, as bytes.

A line is one fact with the events that have it. Names (path and kind) stand once before their values, so that a value
is found by the speed of `bytes.find`, and no row is spent on each fact of each event.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from auditsearch.query.lines import VALUE, Lines, lines
from auditsearch.query.tree import Fact

LINES = 256
"""Lines of one page."""

_NAME = b"\xff"  # stands before each name; no byte of UTF-8
_NAME_SIGN, _VALUE_SIGN = "\udcff", "\udcfe"  # the same for Python's "surrogateescape"
_NAMED = re.compile(r"@?[^=#@~?]*[=#@~?]")  # the parts of the time alone have a path with a sign: @year=2026
_EVENTS = "utf-16-le"

Postings = dict[str, str]
"""Facts and the events that have them, as characters: ascending offsets in their segment, all below U+D800."""


class Page(NamedTuple):
    """`first` sorts not above the first line. `counts` says how many of `events` belong to each line; b"": one."""

    first: bytes
    body: bytes
    counts: bytes
    events: bytes


def inverted(lists: Iterable[tuple[int, Sequence[str]]]) -> Postings:
    """Return the facts of events, given by offset."""
    found: Postings = {}
    for offset, facts in lists:
        event = chr(offset)
        for fact in facts:
            found[fact] = found.get(fact, "") + event
    return found


def pages(postings: Postings) -> Iterator[Page]:
    """Cut facts into pages, in order."""
    facts = sorted(postings)
    for start in range(0, len(facts), LINES):
        chunk = facts[start : start + LINES]
        found = [postings[fact] for fact in chunk]
        events = "".join(found)
        counts = "".join([chr(len(one)) for one in found]) if len(events) > len(found) else ""
        yield Page(chunk[0].encode(), _body(chunk), counts.encode(_EVENTS), events.encode(_EVENTS))


def read(page: Page, by: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the facts of a page with their events, their offsets greater by `by`."""
    events, starts = _moved(page.events, by), _starts(page)
    line = 0
    for section in page.body.decode(errors="surrogateescape").split(_NAME_SIGN)[1:]:
        name, *values = section.split(_VALUE_SIGN)
        for value in values:
            yield name + value, events[starts[line] : starts[line + 1]]
            line += 1


def legible(page: Page) -> list[tuple[str, str]]:
    """Return what `read` yields; nothing of a page that was tampered with, so that its events lack these facts."""
    try:
        return list(read(page))
    except (ValueError, IndexError):
        return []


def having(page: Page, fact: Fact) -> Iterator[Sequence[int]]:
    """Yield the events of the lines that fit `fact`, perhaps more than once."""
    for line, section in _sections(page.body, (fact.path + fact.sep).encode(), fact.op == "below"):
        if found := lines(fact, section):
            yield _events(page, line, found)


def has_any(page: Page, events: set[int]) -> bool:
    """Whether some of `events` stand in the page."""
    return not events.isdisjoint(_numbers(page.events))


def _body(facts: list[str]) -> bytes:
    parts, name = [], _NAME_SIGN
    for fact in facts:
        if not fact.startswith(name):
            found = _NAMED.match(fact)
            name = found[0] if found else fact
            parts += [_NAME_SIGN, name]
        parts += [_VALUE_SIGN, fact[len(name) :]]
    return "".join(parts).encode(errors="surrogateescape")


def _sections(body: bytes, name: bytes, below: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the values of one name, or of the names beneath it, with the line of the first."""
    head = _NAME + name + (b"." if below else VALUE)
    start = body.find(head)
    while start >= 0:
        end = body.find(_NAME, start + 1)
        first = body.find(VALUE, start)
        yield body.count(VALUE, 0, start), body[first:] if end < 0 else body[first:end]
        start = body.find(head, end) if below and end >= 0 else -1


def _events(page: Page, line: int, found: Lines) -> Sequence[int]:
    events, starts = _numbers(page.events), _starts(page)
    if isinstance(found, range):
        return events[starts[line + found.start] : starts[line + found.stop]]
    if not page.counts:
        return [events[line + n] for n in found]
    return [event for n in found for event in events[starts[line + n] : starts[line + n + 1]]]


def _starts(page: Page) -> Sequence[int]:
    """Where the events of each line begin, and the end of the last."""
    if not page.counts:
        return range(len(page.events) // 2 + 1)
    return list(accumulate(_numbers(page.counts), initial=0))


def _numbers(packed: bytes) -> array[int]:
    found = array("H", packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _moved(packed: bytes, by: int) -> str:
    return "".join([chr(event + by) for event in _numbers(packed)]) if by else packed.decode(_EVENTS)
