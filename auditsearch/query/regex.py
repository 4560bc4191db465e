"""A regular expression that means the same everywhere: in linear time here, as the engine's own where that is safe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from auditsearch.exceptions import InvalidValue
from auditsearch.forms import CLIPPED
from auditsearch.query import regex_lucene, regex_syntax
from auditsearch.query.charset import Ranges
from auditsearch.query.regex_syntax import At, Chars, Choice, Repeat, Sequence, Syntax

LENGTH = 1_000
"""Characters of a regular expression; the servers refuse longer ones."""

LITERAL = 64
"""Characters of a literal that the engine is asked for: windows of long values overlap by so many."""

_MEMORY = 64 << 20  # bytes that a compiled expression may take, so that `\w{500}` is refused and not a full memory
_ANY = r"[\x00-\x{10FFFF}]"
_PLACES = {
    "start": r"\A",
    "line_start": "(?m:^)",
    "tail": r"\z",
    "line_end": "(?m:$)",
    "end": r"\z",
    "boundary": r"\b",
    "inside": r"\B",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression of Python's syntax, found anywhere in a value, case-sensitive, as `re.search` finds it.

    Raises InvalidValue where the syntax is wrong, RE2 can't run it, or it is longer than 1,000 characters. `reading`
    says how a server that can't have the exact form reads it; `search` is always exact. One that `folds` has its
    literals folded, for values that are folded too; its classes stay as they are.
    """

    source: str
    reading: regex_lucene.Reading = "exact"
    folds: bool = False

    def __post_init__(self) -> None:
        _engine(self.source, self.folds)

    def __str__(self) -> str:
        return self.source

    def search(self, text: str) -> bool:
        """Say whether it is found in `text`: a whole value, or a fact's clipped one, in which nothing is found."""
        return CLIPPED not in text and _engine(self.source, self.folds).search(text)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where it is found, to be shown; places like `\\b` are those of ASCII here."""
        return [match.span() for match in _engine(self.source, self.folds).plain.finditer(text)]

    def lucene(self) -> str | None:
        """Return the Lucene expression that matches the whole of each value found here, clipped ones never.

        None where there is none that is safe: `\\b`, Unicode's `\\w`, and what would take the server long. The wide
        `reading` matches these values and others, the narrow one only such, but not all; both have short classes.
        """
        return _lucene(self.source, self.folds, self.reading)

    @property
    def prefix(self) -> str:
        """What each found value begins with; "" where that is not known."""
        return regex_syntax.prefix(_engine(self.source, self.folds).syntax)

    @property
    def literals(self) -> tuple[str, ...]:
        """Parts of 1 to 64 characters that each found value holds; at most three, the longest ones."""
        found = {literal[:LITERAL] for literal in regex_syntax.literals(_engine(self.source, self.folds).syntax)}
        return tuple(sorted(found, key=lambda literal: (-len(literal), literal))[:3])


class _Engine:
    """RE2 twice: over the text itself, and over a marked text where RE2's own `\\b` and `$` would differ from Python's.

    In the marked text each character stands between two marks that RE2 takes as a word's letter, as none or as a line's
    end, so that its ASCII `\\b` tells Unicode's boundaries and its `(?m:$)` the place before a last newline.
    """

    def __init__(self, source: str, folds: bool) -> None:
        self.syntax = regex_syntax.folded(regex_syntax.parse(source)) if folds else regex_syntax.parse(source)
        places = regex_syntax.places(self.syntax)
        self.words = bool(places & {"boundary", "inside"})
        self.tail = "tail" in places
        self.lines = bool(places & {"line_start", "line_end"})
        if self.tail and self.lines:
            raise regex_syntax.refusal(source, "mixes ^ or $ with and without the flag m")
        self.plain = _compile(source, _re2(self.syntax))
        marked = _re2(self.syntax, marked=True) if self.words or self.tail else ""
        self.marked = _compile(source, rf"\A(?:{_ANY}{{3}})*?(?:{marked})")

    def search(self, text: str) -> bool:
        if (self.words and not text.isascii()) or (self.tail and text.endswith("\n")):
            return self.marked.search(self.mark(text)) is not None
        return self.plain.search(text) is not None

    def mark(self, text: str) -> str:
        body, end = (text[:-1], "\n\n\n") if self.tail and text.endswith("\n") else (text, "")
        marked = re.sub(r"(?s)(\w+)|\W", self._marked, body)
        return marked + end

    def _marked(self, found: re.Match[str]) -> str:
        if found[1]:
            return "".join([f"a{character}a" for character in found[1]])
        return "\n\n\n" if self.lines and found[0] == "\n" else f" {found[0]} "


@lru_cache(maxsize=256)
def _engine(source: str, folds: bool) -> _Engine:
    if len(source) > LENGTH:
        raise InvalidValue(f"A regular expression has at most {LENGTH} characters, this one {len(source)}.")
    return _Engine(source, folds)


@lru_cache(maxsize=256)
def _lucene(source: str, folds: bool, reading: regex_lucene.Reading) -> str | None:
    return regex_lucene.translate(_engine(source, folds).syntax, LENGTH, reading)


def _compile(source: str, expression: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(expression, options)
    except re2.error:
        raise regex_syntax.refusal(source, "grows too large by its repetitions") from None


def _re2(node: Syntax, marked: bool = False) -> str:
    match node:
        case Chars(ranges):
            return f"(?:{_ANY}{_class(ranges)}{_ANY})" if marked else _class(ranges)
        case Sequence(items):
            return "(?:" + "".join([_re2(item, marked) for item in items]) + ")"
        case Choice(items):
            return "(?:" + "|".join([_re2(item, marked) for item in items]) + ")"
        case Repeat(item, low, high):
            return f"(?:{_re2(item, marked)}){{{low},{'' if high is None else high}}}"
        case At(place):
            return "(?m:$)" if marked and place == "tail" else _PLACES[place]


def _class(ranges: Ranges) -> str:
    parts = [rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges]
    return f"[{''.join(parts)}]" if parts else r"[^\x00-\x{10FFFF}]"
