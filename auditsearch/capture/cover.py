"""What MASK and PERSONAL share: finding what is to be covered, by name or pattern; what covers it is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

Cover = Callable[[str], str]
"""What stands in the place of a part of a text."""

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ENDS = re.compile(r"([\s?&=#/\"'<>]+)")  # where a part of a URL ends

# Between the name and the value: what sentences and programs write there.
_BETWEEN = r"""["']?\s{0,3}(?:(?:generated|is|was|set to|changed to|reset to)\s{0,3})?(?:[:=]|=>)\s{0,3}"""
_VALUE = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?:(?:bearer|basic|digest|token)\s+)?["']?[^\s"'&,;<>)\]}]+)"""


@lru_cache(maxsize=8192)
def named(key: str, names: tuple[str, ...]) -> bool:
    """Return whether `key` contains one of `names`, in any case, `-` and blanks as `_`."""
    return bool(mentions(names).search(key))


def mentioned(text: str, names: tuple[str, ...]) -> bool:
    """Return whether one of `names` stands in a text.

    A look at the longest part of each costs a tenth of the whole pattern.
    """
    low = text.lower()
    if low.isascii() and not any(map(low.__contains__, _cores(names))):
        return False
    return mentions(names).search(text) is not None


def assigned(text: str, names: tuple[str, ...], cover: Cover) -> str:
    """Return `text` with what follows a name covered: `password=x`, `"token": "x"`, `pwd generated: x`."""

    def covered(found: re.Match[str]) -> str:
        quote = found[2][0] if found[2][0] in "\"'" and found[2][-1] == found[2][0] and len(found[2]) > 1 else ""
        return f"{found[1]}{quote}{cover(found[2][1:-1] if quote else found[2])}{quote}"

    return _assignments(names).sub(covered, text)


def assigns(text: str, names: tuple[str, ...], put: str) -> bool:
    """Return whether something follows a name that is not `put`, what covers it, already."""
    return assigned(text, names, lambda _: put) != text


def matched(text: str, patterns: Iterable[Any], cover: Cover) -> str:
    """Return `text` with what matches one of the patterns covered."""
    for pattern in patterns:
        if pattern.search(text):
            text = pattern.sub(lambda found: cover(found[0]) if found[0] else "", text)
    return text


def matches(text: str, patterns: Iterable[Any]) -> bool:
    """Return whether one of the patterns is found in a text."""
    return any(pattern.search(text) for pattern in patterns)


def encoded(text: str, tells: Callable[[str], bool], cover: Cover) -> str:
    """Return `text` with each percent-encoded part of a URL covered whose plain form `tells`: `anna%40example.org`."""
    if "%" not in text or not _PERCENT.search(text):
        return text
    return "".join([cover(part) if "%" in part and tells(unquote_plus(part)) else part for part in _ENDS.split(text)])


@lru_cache(maxsize=8)
def mentions(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern that finds one of `names`."""
    return re.compile(_either(names), re.IGNORECASE)


@lru_cache(maxsize=8)
def _cores(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple({max(name.lower().split("_"), key=len) for name in names})


@lru_cache(maxsize=8)
def _assignments(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"((?:{_either(names)})\w{{0,64}}{_BETWEEN})({_VALUE})", re.IGNORECASE)


def _either(names: Iterable[str]) -> str:
    parts = [re.escape(name).replace("_", r"[-_\s.]?") for name in names]
    return "|".join(parts) or r"(?!)"
