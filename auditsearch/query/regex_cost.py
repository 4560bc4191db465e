"""How much work a regular expression makes for a server, which turns it into a deterministic automaton.

`a.{20}` found anywhere has two million states: the server refuses it, or is busy. Here the automaton is built up to a
limit (Glushkov's positions, then their subsets), and what exceeds that is left to RE2.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from auditsearch.query.charset import LAST, Ranges
from auditsearch.query.regex_syntax import At, Chars, Choice, Repeat, Sequence, Syntax

POSITIONS = 300
"""Characters of the expression with its repetitions written out."""

EFFORT = 10_000
"""Positions in all states together, each counted once for two ranges of its class.

Measured on OpenSearch 3, where classes become ranges of bytes: `a.{9}` (5,000) takes 0.1 s, `a\\D{9}` (150,000) 4.4 s.
"""

_ANYTHING = Repeat(Chars(((0, LAST),)), 0, None)


@dataclass(slots=True)
class _Piece:
    """A part of the expression: whether it can be empty, and the positions at which it begins and ends."""

    empty: bool = True
    first: set[int] = field(default_factory=set)
    last: set[int] = field(default_factory=set)


class _TooLarge(Exception):
    """The expression has too many positions."""


class _Positions:
    """Glushkov's automaton: one state a written character, `follow` the positions that may come next."""

    def __init__(self) -> None:
        self.chars: list[Ranges] = []
        self.follow: list[set[int]] = []

    def piece(self, node: Syntax) -> _Piece:
        match node:
            case At():
                return _Piece()
            case Chars(ranges):
                return self.position(ranges)
            case Sequence(items):
                return self.chain([self.piece(item) for item in items])
            case Choice(items):
                return self.either([self.piece(item) for item in items])
            case Repeat(item, low, high):
                return self.repeated(item, low, high)

    def position(self, ranges: Ranges) -> _Piece:
        number = len(self.chars)
        if number >= POSITIONS:
            raise _TooLarge
        self.chars.append(ranges)
        self.follow.append(set())
        return _Piece(False, {number}, {number})

    def chain(self, pieces: list[_Piece]) -> _Piece:
        whole = _Piece()
        for piece in pieces:
            for end in whole.last:
                self.follow[end] |= piece.first
            first = whole.first | piece.first if whole.empty else whole.first
            last = whole.last | piece.last if piece.empty else piece.last
            whole = _Piece(whole.empty and piece.empty, first, last)
        return whole

    def either(self, pieces: list[_Piece]) -> _Piece:
        first = set().union(*(piece.first for piece in pieces))
        last = set().union(*(piece.last for piece in pieces))
        return _Piece(any(piece.empty for piece in pieces), first, last)

    def repeated(self, item: Syntax, low: int, high: int | None) -> _Piece:
        if max(low, high or 1) > POSITIONS:
            raise _TooLarge
        pieces = [self.piece(item) for _ in range(max(low, 1) if high is None else high)]
        if high is None and pieces:
            for end in pieces[-1].last:
                self.follow[end] |= pieces[-1].first
        for piece in pieces[low:]:
            piece.empty = True
        return self.chain(pieces)


def affordable(node: Syntax) -> bool:
    """Say whether `node`, found anywhere in a value unless `^` or `\\Z` pin it, makes an automaton that a server
    builds without trouble."""
    positions = _Positions()
    try:
        whole = positions.piece(_found(node))
    except _TooLarge:
        return False
    letters = _letters(positions.chars)
    weights = [max(1, len(ranges) // 2) for ranges in positions.chars]
    seen = {start := frozenset(whole.first)}
    todo, effort = [start], 0
    while todo and effort <= EFFORT:
        state = todo.pop()
        effort += 1 + sum(weights[n] for n in state)
        for letter in letters:
            following = frozenset().union(*(positions.follow[n] for n in state & letter))
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return not todo


def _found(node: Syntax) -> Sequence:
    """`node` with what may stand before and behind it."""
    items = node.items if isinstance(node, Sequence) else (node,)
    before = () if items[:1] == (At("start"),) else (_ANYTHING,)
    return Sequence((*before, *items, *(() if items[-1:] == (At("end"),) else (_ANYTHING,))))


def _letters(chars: list[Ranges]) -> list[frozenset[int]]:
    """For each kind of character that the expression tells apart, the positions that take it."""
    kinds = {ranges: [n for n, other in enumerate(chars) if other == ranges] for ranges in set(chars)}
    borders = {code for ranges in kinds for first, last in ranges for code in (first, last + 1)}
    found = set()
    for code in borders:
        takers = [numbers for ranges, numbers in kinds.items() if any(a <= code <= b for a, b in ranges)]
        found.add(frozenset(number for numbers in takers for number in numbers))
    return list(found)
