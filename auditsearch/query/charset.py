"""Sets of characters as ranges of code points: one form of `[...]`, `.`, `\\w`, `\\d` and `\\s` for every engine.

The classes are asked of Python's own `re`, so that they are the same whatever Unicode version an engine knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint (first, last) code points, both included."""

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)
"""Halves of pairs, which no text that UTF-8 can hold has."""

_RESERVED = (0xE000, 0xE1FF)  # data never holds them: they are signs of facts


def union(parts: Iterable[tuple[int, int]]) -> Ranges:
    """Return the ranges that hold what any of `parts` holds."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(parts):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return tuple(joined)


def complement(ranges: Ranges) -> Ranges:
    """Return the ranges of all other code points."""
    gaps, start = [], 0
    for first, last in ranges:
        if start < first:
            gaps.append((start, first - 1))
        start = last + 1
    return (*gaps, (start, LAST)) if start <= LAST else tuple(gaps)


def askable(ranges: Ranges) -> Ranges:
    """Return `ranges` without the code points that no value in a fact holds."""
    return complement(union((*complement(ranges), SURROGATES, _RESERVED)))


@cache
def category(sign: str) -> Ranges:
    """Return the characters of the class `w`, `d` or `s`, or of `W`, `D` or `S`, as Python's `re` knows them."""
    if sign.isupper():
        return complement(category(sign.lower()))
    everything = "".join(map(chr, range(LAST + 1)))
    return tuple((found.start(), found.end() - 1) for found in re.finditer(rf"\{sign}+", everything))
