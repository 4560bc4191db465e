"""Which lines of sorted values a fact asks for: how the SQLite file reads its pages.

Values are UTF-8, which sorts as its text does by code point, and holds the bytes of what the text holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from auditsearch.query.tree import Fact

FEW = 16
"""Asked values that are looked up one by one; more are compared with each value that is there."""

BEHIND = b"\xff"
"""Above each text in UTF-8."""

VALUE = b"\xfe"
"""Stands before each value; no byte of UTF-8."""

Lines = range | list[int]


class Searches(Protocol):
    """A compiled regular expression. Each found value begins with `prefix`, "" if unknown, and holds all `literals`."""

    @property
    def prefix(self) -> str: ...

    @property
    def literals(self) -> tuple[str, ...]: ...

    def search(self, text: str) -> bool: ...


def lines(fact: Fact, section: bytes) -> Lines:
    """Return the places of the values that fit, ascending; `section` holds them all, each behind VALUE."""
    if fact.op in ("any", "below") or (fact.op == "contains" and not fact.value):
        return range(section.count(VALUE))
    if fact.op == "contains":
        return _holding(fact.value.encode(), section)
    return _chosen(fact, section.split(VALUE)[1:])


def _chosen(fact: Fact, values: Sequence[bytes]) -> Lines:
    match fact.op:
        case "equals":
            return _equal([value.encode() for value in fact.value], values)
        case "prefix":
            return starting(fact.value.encode(), values)
        case "between":
            low, high = (None if end is None else end.encode() for end in fact.value)
            return range(bisect_left(values, low or b""), len(values) if high is None else bisect_left(values, high))
        case "ends":
            end = fact.value.encode()
            return [n for n, value in enumerate(values) if value.endswith(end)]
        case "regexp":
            return _found(fact.value, values)
    raise TypeError(f"no operation on facts: {fact.op}")


def spans(fact: Fact) -> list[tuple[bytes, bytes]]:
    """Return the stretches [low, high) of whole facts (name and value) outside of which none fits."""
    name = (fact.path + fact.sep).encode()
    match fact.op:
        case "below":
            return [(name + b".", name + b"/")]
        case "equals" if len(fact.value) <= FEW:
            return [(name + value, name + value + b"\0") for value in (text.encode() for text in fact.value)]
        case "between":
            low, high = fact.value
            return [(name + (low or "").encode(), name + (BEHIND if high is None else high.encode()))]
        case "prefix":
            return [(name + fact.value.encode(), name + fact.value.encode() + BEHIND)]
        case "regexp":
            return [(name + fact.value.prefix.encode(), name + fact.value.prefix.encode() + BEHIND)]
    return [(name, name + BEHIND)]


def starting(prefix: bytes, values: Sequence[bytes]) -> range:
    """Return the places of the values that start with `prefix`."""
    return range(bisect_left(values, prefix), bisect_left(values, prefix + BEHIND))


def _holding(part: bytes, section: bytes) -> list[int]:
    """Walk from hit to hit: what lies between is passed at the speed of `bytes.find`."""
    found, line, there = [], -1, 0
    place = section.find(part)
    while place >= 0:
        line += section.count(VALUE, there, place)
        found.append(line)
        there = section.find(VALUE, place)
        place = section.find(part, there) if there >= 0 else -1
    return found


def _equal(asked: list[bytes], values: Sequence[bytes]) -> list[int]:
    if len(asked) > FEW:
        wanted = set(asked)
        return [n for n, value in enumerate(values) if value in wanted]
    places = sorted((bisect_left(values, value), value) for value in set(asked))
    return [n for n, value in places if n < len(values) and values[n] == value]


def _found(pattern: Searches, values: Sequence[bytes]) -> list[int]:
    needed = [literal.encode() for literal in pattern.literals]
    near = [n for n in starting(pattern.prefix.encode(), values) if all(literal in values[n] for literal in needed)]
    return [n for n in near if pattern.search(values[n].decode())]
