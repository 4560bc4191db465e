"""A regular expression as Lucene's own, which the servers match against the whole of a keyword.

Lucene's `.` is any character, `# @ & < > ~ "` are operators of its own, and it has no places but the value's ends.
"""

from __future__ import annotations

from auditsearch.query.charset import Ranges, askable, complement, union
from auditsearch.query.regex_cost import affordable
from auditsearch.query.regex_syntax import At, Chars, Choice, Repeat, Sequence, Syntax

_ANY = "[^\ue000-\ue1ff]"  # never the signs of facts: a clipped value must not match by its hash
_SURROGATES = (0xD800, 0xDFFF)


class _NoForm(Exception):
    """Lucene has no form of this."""


def translate(node: Syntax, length: int) -> str | None:
    """Return the expression that matches exactly the values in which `node` is found.

    None where there is none, where it takes over `length` characters, or the server would have too much work with it.
    """
    try:
        body = _form(node, True, True)
    except _NoForm:
        return None
    return body if len(body) <= length and affordable(node) else None


def _form(node: Syntax, start: bool, end: bool) -> str:
    """`start` and `end`: nothing else stands between `node` and that end of the value."""
    match node:
        case At(place):
            return _place(place, start, end)
        case Sequence((first, *middle, last)):
            return (
                _form(first, start, False) + "".join([_form(x, False, False) for x in middle]) + _form(last, False, end)
            )
        case Choice(items):
            return "(" + "|".join([_form(item, start, end) or "()" for item in items]) + ")"
        case Chars(ranges):
            core = _class(ranges)
        case Repeat(item, low, high):
            core = f"({_form(item, False, False)}){_times(low, high)}"
        case Sequence(_):
            core = "()"
    return _open(start) + core + _open(end)


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
    others = complement(union((*known, _SURROGATES)))
    if not known:
        raise _NoForm
    if len(known) == 1 and known[0][0] == known[0][1]:
        return _escaped(known[0][0])
    if len(others) < len(known):
        return f"[^{_parts(others)}]"
    return f"[{_parts(known)}]"


def _parts(ranges: Ranges) -> str:
    return "".join([_escaped(a) if a == b else f"{_escaped(a)}-{_escaped(b)}" for a, b in ranges])


def _escaped(code: int) -> str:
    character = chr(code)
    return (
        f"\\{character}" if character.isascii() and character.isprintable() and not character.isalnum() else character
    )
