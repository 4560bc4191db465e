"""What is wrong with somebody's regular expression, and where."""

from __future__ import annotations

import re

from auditsearch.exceptions import InvalidValue, Misread
from auditsearch.query.regex import Pattern

_PARTS = re.compile(
    r"""
    (?P<refused> \\[1-9] | \(\?P=\w* | \(\?<?[=!] | \(\?\( | \(\?> | \(\?[a-zA-Z]*[aiLu][a-zA-Z]*[-:)]
      | (?:[*+?]|\{\d*,?\d*\})\+ )
    | \\. | \[\^?\]?(?:\\.|[^]\\])*\]
    """,
    re.VERBOSE | re.DOTALL,
)


def pattern(source: str, folds: bool = False) -> Pattern:
    """Return the expression. Raises Misread, with the place, where it is wrong or asks for what is refused."""
    try:
        return Pattern(source, folds=folds)
    except InvalidValue as error:
        start, end = _place(source)
        raise Misread(str(error), source, start, end) from None


def _place(source: str) -> tuple[int, int]:
    """Where the first fault is; all of it where none stands out."""
    try:
        re.compile(source)
    except re.error as error:
        at = min(error.pos or 0, max(0, len(source) - 1))
        return at, at + 1
    except (RecursionError, OverflowError, Warning):
        return 0, len(source)
    found = next((part for part in _PARTS.finditer(source) if part["refused"]), None)
    return found.span() if found else (0, len(source))
