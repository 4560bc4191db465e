"""Events as lines on a terminal: columns, Kofa's lines, JSON; nothing in them can steer the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo

from auditsearch.backends.base import Facets
from auditsearch.event import Event

Paint = Callable[[str, str], str]

HEADS = ("time", "log", "level", "user", "object", "what")
WIDEST = {"log": 16, "level": 8, "user": 24, "object": 32}
"""Characters of a column at most; the sentence takes the rest."""

GAP = "  "


def table(events: Iterable[Event], zone: tzinfo, width: int | None, paint: Paint) -> Iterator[str]:
    """Yield the lines of a table, cut to `width` characters where there is one. `paint(text, level)` colours a cell."""
    rows = [(cells(event, zone), event.level or "") for event in events]
    if not rows:
        return
    widths = [max(wide(cell) for cell in column) for column in zip(HEADS, *(row for row, _ in rows), strict=True)]
    widths = [min(size, WIDEST.get(head, size)) for head, size in zip(HEADS, widths, strict=True)]
    if width is not None:
        widths[-1] = max(20, width - sum(widths[:-1]) - len(GAP) * (len(HEADS) - 1))
    yield paint(_row(HEADS, widths, cut=True).rstrip(), "head")
    for row, level in rows:
        yield paint(_row(row, widths, cut=width is not None).rstrip(), level)


def cells(event: Event, zone: tzinfo) -> tuple[str, ...]:
    """Return the texts of an event's columns."""
    time = event.timestamp.astimezone(zone).replace(tzinfo=None).isoformat(" ", "milliseconds")
    kind = (event.object_type or "").rpartition(".")[2]
    thing = " ".join(part for part in (kind, event.object_id or "") if part)
    texts = (time, event.log or "", event.level or "", event.user or event.suid or "", thing, str(event))
    return tuple(map(harmless, texts))


def facets(found: Facets, name: str) -> Iterator[str]:
    """Yield a line for each value, the most frequent first, and what is not listed."""
    shown = [(number, harmless(str(value))) for value, number in found.values]
    shown += [(found.other, "(others)")] if found.other else []
    shown += [(found.missing, f"(no {name})")] if found.missing else []
    size = max((len(f"{number:,}") for number, _ in shown), default=0)
    for number, text in shown:
        yield f"{number:>{size},}{GAP}{text}"
    if not found.exact:
        yield "(approximate: too many different values)"


def harmless(text: str) -> str:
    """Return `text` on one line, with escapes for what is not printed: control, bidi and zero-width characters."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def wide(text: str) -> int:
    """Return how many columns `text` takes."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)


def _row(row: Iterable[str], widths: list[int], cut: bool) -> str:
    texts = list(row)
    last = _cut(texts[-1], widths[-1]) if cut else texts[-1]
    return GAP.join([*(_padded(text, size) for text, size in zip(texts[:-1], widths[:-1], strict=True)), last])


def _padded(text: str, size: int) -> str:
    text = _cut(text, size)
    return text + " " * (size - wide(text))


def _cut(text: str, size: int) -> str:
    if wide(text) <= size:
        return text
    while text and wide(text) > size - 1:
        text = text[:-1]
    return text + "…"
