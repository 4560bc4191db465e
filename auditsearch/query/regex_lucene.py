"""A regular expression as Lucene's own, which the servers match against the whole of a keyword.

Lucene's `.` is any character, `# @ & < > ~ "` are operators of its own, and it has no places but the value's ends.
Unicode's `\\w` and `\\d` are long there, so besides the exact reading there is a wide one, which takes all characters
beyond ASCII for one of them and each place for granted, and a narrow one, which takes none.
"""

from __future__ import annotations

from typing import Literal

from auditsearch.query.charset import LAST, SURROGATES, Ranges, askable, complement, union
from auditsearch.query.regex_cost import affordable
from auditsearch.query.regex_syntax import At, Chars, Choice, Repeat, Sequence, Syntax

_ANY = "[^\ue000-\ue1ff]"  # never the signs of facts: a clipped value must not match by its hash


class _NoForm(Exception):
    """Lucene has no form of this."""


Reading = Literal["exact", "wide", "narrow"]

_MANY = 16  # ranges of a class that only the exact reading writes out
_ASCII = 0x7F


def translate(node: Syntax, length: int, reading: Reading = "exact") -> str | None:
    """Return the expression that matches the values in which `node` is found; wide, more of them, narrow, fewer.

    None where there is none, where it takes over `length` units, or the server would have too much work with it.
    """
    try:
        read = node if reading == "exact" else _read(node, reading)
        body = _form(read, True, True)
    except _NoForm:
        return None
    return body if units(body) <= length and affordable(read) else None


def units(text: str) -> int:
    """Return the length as the servers count it: a character beyond U+FFFF is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _read(node: Syntax, reading: Reading) -> Syntax:
    match node:
        case Chars(ranges) if len(ranges) > _MANY:
            ascii_ones = tuple((first, min(last, _ASCII)) for first, last in ranges if first <= _ASCII)
            return Chars(union((*ascii_ones, (_ASCII + 1, LAST)) if reading == "wide" else ascii_ones))
        case Sequence(items):
            return Sequence(tuple(_read(item, reading) for item in items))
        case Choice(items):
            return Choice(tuple(_read(item, reading) for item in items))
        case Repeat(item, low, high):
            return Repeat(_read(item, reading), low, high)
        case At("boundary" | "inside") if reading == "wide":
            return Sequence(())
    return node


def _form(node: Syntax, start: bool, end: bool) -> str:
    """`start` and `end`: nothing else stands between `node` and that end of the value."""
    match node:
        case At(place):
            return _place(place, start, end)
        case Sequence((first, *middle, last)):
            inner = [_form(item, False, False) for item in middle]
            return "".join([_form(first, start, False), *inner, _form(last, False, end)])
        case Sequence((only,)):
            return _form(only, start, end)
        case Choice(items):
            return "(" + "|".join([_form(item, start, end) or "()" for item in items]) + ")"
        case Chars(ranges):
            core = _class(ranges)
        case Repeat(item, low, high):
            core = f"({_form(item, False, False) or '()'}){_times(low, high)}"
        case Sequence(_):
            core = ""
    return (_open(start) + core + _open(end)) or "()"


def _open(at_end: bool) -> str:
    return f"{_ANY}*" if at_end else ""


def _place(place: str, start: bool, end: bool) -> str:
    if place in ("start", "line_start") and start:
        return (f"({_ANY}*\n)?" if place == "line_start" else "") + _open(end)
    if place in ("end", "tail", "line_end") and end:
        return _open(start) + {"end": "", "tail": "\n?", "line_end": f"(\n{_ANY}*)?"}[place]
    raise _NoForm


def _times(low: int, high: int | None) -> str:
    if high is None:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    return "?" if (low, high) == (0, 1) else f"{{{low},{high}}}"


def _class(ranges: Ranges) -> str:
    known = askable(ranges)
    others = complement(union((*known, SURROGATES)))
    if not known:
        raise _NoForm
    if len(known) == 1 and known[0][0] == known[0][1]:
        return _escaped(known[0][0])
    if len(others) < len(known):
        return f"[^{_parts(others)}]"
    return f"[{_parts(known)}]"


def _parts(ranges: Ranges) -> str:
    return "".join([_range(first, last) for first, last in ranges])


def _range(first: int, last: int) -> str:
    """Lucene 10 takes no escaped character for the start of a range: such ones are written out."""
    single = ""
    while first < last and _is_sign(chr(first)):
        single += _escaped(first)
        first += 1
    return single + (_escaped(first) if first == last else f"{_escaped(first)}-{_escaped(last)}")


def _escaped(code: int) -> str:
    character = chr(code)
    return f"\\{character}" if _is_sign(character) else character


def _is_sign(character: str) -> bool:
    return character.isascii() and character.isprintable() and not character.isalnum()
