"""What of a value can be known again, and where it stands inside of other texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from auditsearch import canonical
from auditsearch.capture import cover
from auditsearch.personal import CLOSE, OPEN

LONGEST = 1000
"""Characters of a text that is looked for."""

ANYWHERE = 4
"""Characters from which on a text is found inside of words too; a shorter one only as a word of its own."""

MOST = 100
"""Texts inside of one value."""

_PARTS = re.compile(f"({OPEN}[0-9a-f]*{CLOSE})")


def parsed(value: Any) -> Any:
    """Return any value as who reads the event's JSON finds it."""
    return canonical.loads(canonical.dumps(canonical.normalise(value)))


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a normalised value that can be known again: no single digits, no truth values."""
    if isinstance(value, str):
        text = value.strip()
        if text and len(text) <= LONGEST:
            yield text
    elif isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        found = (text for item in inside for text in texts_in(item))
        yield from (text for text, _ in zip(found, range(MOST), strict=False))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool) and len(str(value)) >= ANYWHERE:
        yield str(value)


def finder(texts: Iterable[str]) -> Callable[[str, cover.Cover], str] | None:
    """Return a function that covers the texts wherever they stand in another one, in any case; None without texts."""
    known = sorted({text.lower() for text in texts}, key=len, reverse=True)
    if not known:
        return None

    def told(plain: str) -> bool:
        return _covered(plain, known, lambda _: "") != plain

    def find(text: str, put: cover.Cover) -> str:
        text = outside(text, lambda part: cover.encoded(part, told, put)) if "%" in text else text
        low = text.lower()
        there = [each for each in known if each in low]
        if not there:
            return text
        if low.strip() in there:
            return put(text)
        return outside(text, lambda part: _covered(part, there, put))

    return find


def _covered(text: str, known: list[str], put: cover.Cover) -> str:
    """Cover what stands in a text, the longest first."""
    low = text.lower()
    if len(low) != len(text):  # a letter whose small form is two: places differ
        pattern = re.compile("|".join(map(re.escape, known)), re.IGNORECASE)
        return pattern.sub(lambda found: put(found[0]), text)
    for each in known:
        start = low.find(each)
        while start >= 0:
            end = start + len(each)
            if len(each) >= ANYWHERE or _is_word(low, start, end):
                before, after = (_covered(part, known, put) for part in (text[:start], text[end:]))
                return f"{before}{put(text[start:end])}{after}"
            start = low.find(each, end)
    return text


def _is_word(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1]
    return end - start > 1 and not any(sign.isalnum() or sign == "_" for sign in around)


def outside(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed where no commitment stands in it."""
    if OPEN not in text:
        return change(text)
    return "".join([part if part[:1] == OPEN else change(part) for part in _PARTS.split(text)])
