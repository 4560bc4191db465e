"""A regular expression of Python's syntax as a small tree, without what no linear-time engine can run."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any, Literal

from auditsearch.exceptions import InvalidValue
from auditsearch.query.charset import LAST, SURROGATES, Ranges, category, complement, union
from auditsearch.words import fold

_parser: Any = importlib.import_module("re._parser")  # Python's own, so that nobody has to learn another syntax


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of `ranges`."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """All of `items`, one after another."""

    items: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `items`."""

    items: tuple[Syntax, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`item` from `low` to `high` times; None is without end."""

    item: Syntax
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class At:
    """A place that takes no character. `tail` is the end or before a last newline, `end` the very end."""

    place: Literal["start", "line_start", "tail", "line_end", "end", "boundary", "inside"]


Syntax = Chars | Sequence | Choice | Repeat | At

_ALLOWED_FLAGS = re.MULTILINE | re.DOTALL | re.VERBOSE | re.UNICODE
_NEWLINE = ord("\n")
_REFUSED = {
    "ASSERT": "looks ahead or behind",
    "ASSERT_NOT": "looks ahead or behind",
    "GROUPREF": "refers back to a group",
    "GROUPREF_EXISTS": "depends on a group",
    "ATOMIC_GROUP": "has an atomic group",
    "POSSESSIVE_REPEAT": "has a possessive repetition",
}
_PLACES: dict[str, tuple[Any, Any]] = {  # without and with MULTILINE
    "AT_BEGINNING": ("start", "line_start"),
    "AT_BEGINNING_STRING": ("start", "start"),
    "AT_END": ("tail", "line_end"),
    "AT_END_STRING": ("end", "end"),
    "AT_BOUNDARY": ("boundary", "boundary"),
    "AT_NON_BOUNDARY": ("inside", "inside"),
}


def parse(source: str) -> Syntax:
    """Read `source`. Raises InvalidValue, with the reason, where it is wrong or asks for what is refused."""
    try:
        parsed = _parser.parse(source)
        return _sequence(parsed, _checked(source, parsed.state.flags))
    except (re.error, OverflowError, Warning) as error:
        raise refusal(source, f"is wrong ({error})") from None
    except RecursionError:
        raise refusal(source, "is nested too deeply") from None


def refusal(source: str, reason: str) -> InvalidValue:
    """Return the error that says why `source` can't be asked."""
    return InvalidValue(
        f"The regular expression {source[:100]!r} can't be asked: it {reason}. Python's syntax is meant, "
        "without lookaround, back references, atomic groups, possessive repetition and the flags a, i, L and u."
    )


def _checked(source: str, flags: int) -> int:
    if flags & ~_ALLOWED_FLAGS:
        raise refusal(source, "has a flag that is not one of m, s and x")
    return flags


def _sequence(items: Any, flags: int) -> Syntax:
    parts = tuple(_part(items.state.str, str(op), value, flags) for op, value in items)
    return parts[0] if len(parts) == 1 else Sequence(parts)


def _part(source: str, op: str, value: Any, flags: int) -> Syntax:
    match op:
        case "LITERAL":
            return _chars(source, ((value, value),))
        case "NOT_LITERAL":
            return Chars(complement(((value, value),)))
        case "ANY":
            return Chars(((0, LAST),) if flags & re.DOTALL else complement(((_NEWLINE, _NEWLINE),)))
        case "IN":
            return _chars(source, _set(value))
        case "AT":
            return At(_PLACES[str(value)][bool(flags & re.MULTILINE)])
        case "BRANCH":
            return Choice(tuple(_sequence(branch, flags) for branch in value[1]))
        case "MAX_REPEAT" | "MIN_REPEAT":
            low, high, item = value
            return Repeat(_sequence(item, flags), low, None if high is _parser.MAXREPEAT else int(high))
        case "SUBPATTERN":
            _, added, removed, item = value
            return _sequence(item, _checked(source, (flags | added) & ~removed))
    raise refusal(source, _REFUSED.get(op, "has a part that is not known here"))


def _chars(source: str, ranges: Ranges) -> Chars:
    if ranges and SURROGATES[0] <= ranges[0][0] and ranges[-1][1] <= SURROGATES[1]:
        raise refusal(source, "asks for half of a surrogate pair, which no value has")
    return Chars(ranges)


def _set(members: Any) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for op, value in members:
        if str(op) == "LITERAL":
            ranges.append((value, value))
        elif str(op) == "RANGE":
            ranges.append(value)
        elif str(op) == "CATEGORY":
            ranges += category(_sign(str(value)))
    found = union(ranges)
    return complement(found) if str(members[0][0]) == "NEGATE" else found


def _sign(name: str) -> str:
    """`CATEGORY_NOT_WORD` -> `W`."""
    sign = name.removeprefix("CATEGORY_").removeprefix("NOT_")[0]
    return sign if "_NOT_" in name else sign.lower()


def folded(node: Syntax) -> Syntax:
    """Return `node` with its literals folded; neighbours together, as accents written apart make one letter."""
    match node:
        case Chars(((first, last),)) if first == last:
            return _text(fold(chr(first)))
        case Sequence(items):
            runs = groupby(items, _is_literal)
            return Sequence(tuple(part for literal, run in runs for part in _folded_run(literal, list(run))))
        case Choice(items):
            return Choice(tuple(map(folded, items)))
        case Repeat(item, low, high):
            return Repeat(folded(item), low, high)
    return node


def _folded_run(literal: bool, run: list[Syntax]) -> Iterator[Syntax]:
    if literal:
        yield _text(fold("".join([chr(part.ranges[0][0]) for part in run if isinstance(part, Chars)])))
    else:
        yield from map(folded, run)


def _is_literal(node: Syntax) -> bool:
    return isinstance(node, Chars) and len(node.ranges) == 1 and node.ranges[0][0] == node.ranges[0][1]


def _text(text: str) -> Syntax:
    letters = tuple(Chars(((ord(letter), ord(letter)),)) for letter in text)
    return letters[0] if len(letters) == 1 else Sequence(letters)


def places(node: Syntax) -> set[str]:
    """Return the places that `node` asks for."""
    match node:
        case At(place):
            return {place}
        case Sequence(items) | Choice(items):
            return set().union(*map(places, items))
        case Repeat(item):
            return places(item)
    return set()


def prefix(node: Syntax) -> str:
    """Return the text that whatever has `node` must begin with; "" where there is none."""
    first, *rest = _flat(node) or [At("tail")]
    run = takewhile(_is_literal, rest if first == At("start") else [])
    return "".join([chr(part.ranges[0][0]) for part in run if isinstance(part, Chars)])


def literals(node: Syntax) -> list[str]:
    """Return texts that are part of whatever `node` matches."""
    runs = [""]
    for part in _flat(node):
        match part:
            case Chars(((first, last),)) if first == last:
                runs[-1] += chr(first)
            case At():
                pass
            case Repeat(item, low) if low:
                runs += [*literals(item), ""]
            case _:
                runs.append("")
    return [run for run in runs if run]


def _flat(node: Syntax) -> list[Syntax]:
    return [part for item in node.items for part in _flat(item)] if isinstance(node, Sequence) else [node]
