"""Log files: what one holds, entry by entry in flat memory, and putting it into the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import IO, Any

from auditsearch.event import micros
from auditsearch.logs.format import Format, Survey
from auditsearch.logs.formats import format_of
from auditsearch.logs.importers import row_of, written
from auditsearch.logs.lines import BYTE_ORDER_MARK, Entry, Source, dated, joined
from auditsearch.logs.repeats import Repeats
from auditsearch.partition import partition_of


@dataclass(frozen=True)
class LogFile:
    """A file and how it is to be read: `format` is a name of FORMATS, or a Format."""

    path: Path
    log: str
    zone: tzinfo
    source: str
    encoding: str = "utf-8"
    format: Any = "kofa"

    @property
    def origin(self) -> Source:
        """How its lines are read."""
        return Source(format_of(self.format), self.log, self.zone, self.source, self.encoding)

    def outlines(self) -> Iterator[tuple[datetime, Entry]]:
        """Read no more of the file than a survey needs: time, and whether an entry is broken."""
        origin, size = self.origin, self.path.stat().st_size
        yield from dated(map(origin.outline, self._raws(origin.format, size)), origin.format)

    def entries(self) -> Iterator[tuple[datetime, Entry]]:
        """Read the file: each entry and its time, in flat memory. Raises LogFileError where it is no log file,
        OSError, and UnicodeError where the encoding is none of texts. What the file grows by meanwhile is left."""
        origin, size = self.origin, self.path.stat().st_size
        if not origin.format.ordered:
            yield from dated(self._by_offset(origin, size), origin.format)
            return
        repeats = Repeats(self._raws(origin.format, size))
        parsed = (origin.entry(raw, repeats.count(raw)) for raw in self._raws(origin.format, size))
        yield from dated(parsed, origin.format)

    def survey(self, period: str | None = None) -> Survey:
        """Read it and write nothing."""
        found = Survey()
        for moment, entry in self.outlines():
            found.add(moment, entry.broken, partition_of(micros(moment), window=None, period=period, log=self.log))
        return found

    def record(self, period: str | None = None) -> Iterator[int]:
        """Put each entry into the outbox, in batches of BATCH_SIZE rows; yields the number of each batch when it is
        committed. Doing it again gives the same ids, so that the store keeps one document of each.
        """
        origin = self.origin
        return written(row_of(origin, moment, entry, period) for moment, entry in self.entries())

    def _raws(self, how: Format, size: int) -> Iterator[bytes]:
        with open(self.path, "rb") as stream:
            yield from joined(_up_to(stream, size), how.head)

    def _by_offset(self, origin: Source, size: int) -> Iterator[Entry]:
        """Lines that mostly bear an id; of others the place in the file is what makes equal ones differ."""
        offset = 0
        with open(self.path, "rb") as stream:
            for line in _up_to(stream, size):
                if raw := _bare(line, offset):
                    yield origin.entry(raw, offset)
                offset += len(line)


def _up_to(stream: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (line := stream.readline(size)):
        size -= len(line)
        yield line


def _bare(line: bytes, offset: int) -> bytes:
    line = line.removeprefix(BYTE_ORDER_MARK) if offset == 0 else line
    return line.rstrip(b"\r\n")
