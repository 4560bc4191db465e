"""The forms of an exported file: what each begins with, how it writes events, and how it says that it is not whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar, Protocol

import orjson
from django.utils import timezone

from auditsearch.backends.base import Hit
from auditsearch.event import Event, shown_line
from auditsearch.logs import kofa
from auditsearch.web.cells import Sheet


class Form(Protocol):
    """A way to write hits into a file. What it returns is one or more whole lines."""

    content_type: ClassVar[str]
    suffix: ClassVar[str]

    def head(self) -> bytes:
        """Return what the file begins with."""

    def rows(self, hits: Sequence[Hit]) -> bytes:
        """Return the events."""

    def note(self, sentence: str) -> bytes:
        """Return a line that is no event of the answer, for the end of a file that is not whole."""


class Csv(Sheet):
    """Comma-separated values of chosen columns, for spreadsheets (RFC 4180)."""

    content_type: ClassVar[str] = "text/csv; charset=utf-8"
    suffix: ClassVar[str] = "csv"


class Ndjson:
    """Each event's canonical JSON, byte for byte, a line each; personal values as whoever asks may see them."""

    content_type: ClassVar[str] = "application/x-ndjson"
    suffix: ClassVar[str] = "ndjson"

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def rows(self, hits: Sequence[Hit]) -> bytes:
        """Return the canonical texts: no end of a line stands in one."""
        return "".join([f"{shown_line(hit.canonical, hit.personal)}\n" for hit in hits]).encode()

    def note(self, sentence: str) -> bytes:
        """Return an object with the one member `export`, which no event has."""
        return orjson.dumps({"export": sentence}) + b"\n"


@dataclass(frozen=True)
class Lines:
    """Log lines, `datetime - LEVEL - user - message`, with times of `zone`."""

    zone: tzinfo
    content_type: ClassVar[str] = "text/plain; charset=utf-8"
    suffix: ClassVar[str] = "log"

    def head(self) -> bytes:
        """Return nothing."""
        return b""

    def rows(self, hits: Sequence[Hit]) -> bytes:
        """Return the lines; a message's own line never looks like another entry."""
        return b"".join([self._entry(hit) for hit in hits])

    def note(self, sentence: str) -> bytes:
        """Return an entry of the system's own."""
        stamp = timezone.now().astimezone(self.zone).replace(tzinfo=None).isoformat(" ", "milliseconds")
        return f"{stamp.replace('.', ',')} - WARNING - {kofa.SYSTEM} - export: {sentence}\n".encode()

    def _entry(self, hit: Hit) -> bytes:
        first, *rest = kofa.encoded(Event.from_canonical(hit.canonical, hit.flags, hit.personal), self.zone).split(
            b"\n"
        )
        return b"\n".join([first, *(b" " + line if kofa.HEAD.match(line) else line for line in rest)])


FORMS = ("csv", "ndjson", "lines")
"""Their names in addresses."""


def form(name: str, columns: Sequence[str] = ()) -> Form:
    """Return the form of this name; `columns` are those of a CSV file. Raises QueryError."""
    if name == "csv":
        return Csv(columns)
    return Ndjson() if name == "ndjson" else Lines(timezone.get_current_timezone())
