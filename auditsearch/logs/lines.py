"""The lines of a log: bytes into entries, entries into fields, each with its time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain
from typing import Any

from auditsearch.capture.mask import mask_text
from auditsearch.logs.format import Format, LogFileError

__all__ = ["BYTE_ORDER_MARK", "Entry", "Format", "Source", "dated", "joined"]

MAX_LEADING = 1000
"""Lines before the first one with a time that are still taken for the rest of a cut message."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry, `n`-th of its file with exactly these bytes, and its fields. `moment` is UTC."""

    raw: bytes
    n: int
    fields: Mapping[str, Any]
    moment: datetime | None = None
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is read, and how. `zone` is what its naive times are in, `source` a part of each event's id."""

    format: Format
    log: str
    zone: tzinfo
    source: str
    encoding: str = "utf-8"

    def entry(self, raw: bytes, n: int) -> Entry:
        """Read one entry; one that can't be read keeps its whole text as `verbose`, without a time."""
        text, marks = _decoded(raw, self.encoding)
        text = mask_text(text) if self.format.mask else text
        fields = self.format.parse(text)
        if fields is None:
            return Entry(raw, n, {"verbose": mask_text(text), "context_data": {"broken": True, **marks}}, None, True)
        written = fields.get("timestamp")
        moment = self._utc(written)
        if marks := marks | self._unreal(written, moment):
            fields = {**fields, "context_data": {**fields.get("context_data", {}), **marks}}
        return Entry(raw, n, fields, moment)

    def outline(self, raw: bytes) -> Entry:
        """Read no more of an entry than its time, where the format knows how."""
        if self.format.when is None:
            return self.entry(raw, 1)
        moment = self.format.when(_decoded(raw, self.encoding)[0])
        return Entry(raw, 1, {}, self._utc(moment), moment is None)

    def _utc(self, moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        try:
            return aware.astimezone(UTC)
        except OverflowError:
            return None

    def _unreal(self, written: datetime | None, moment: datetime | None) -> dict[str, str]:
        """What was written, where no clock of this zone ever showed it: in the hour that summer time leaves out."""
        if written is None or written.tzinfo:
            return {}
        if moment is None:  # in the first or last hours of the calendar
            return {"written": written.isoformat(" ")}
        shown = moment.astimezone(self.zone).replace(tzinfo=None)
        return {} if shown == written else {"written": written.isoformat(" ")}


def joined(lines: Iterable[bytes], head: re.Pattern[bytes] | None) -> Iterator[bytes]:
    """Join each line that has a head with the lines after it that have none; the last line end goes."""
    waiting: list[bytes] = []
    begun = False
    for number, line in enumerate(lines):
        line = line.removeprefix(BYTE_ORDER_MARK) if number == 0 else line
        begins = head is not None and head.match(line) is not None
        if begun and not begins:
            waiting.append(line)
            continue
        yield from _ended(waiting)
        waiting, begun = [line], begins
    yield from _ended(waiting)


def _ended(lines: list[bytes]) -> Iterator[bytes]:
    raw = (lines[0] if len(lines) == 1 else b"".join(lines)).removesuffix(b"\n")
    if raw and raw != b"\r":
        yield raw


def dated(entries: Iterable[Entry], how: Format) -> Iterator[tuple[datetime, Entry]]:
    """Pair each entry with its time: one without has that of the entry before it, the first ones that of the next.

    Entries of equal time follow each other by a microsecond, so that they are found in the order of the file.
    """
    stream = iter(entries)
    leading: list[Entry] = []
    for entry in stream:
        leading.append(entry)
        if entry.moment is not None:
            break
        if len(leading) > MAX_LEADING:
            raise LogFileError(f"in its first {MAX_LEADING:,} lines, {_no_log(how)}")
    if leading and leading[-1].moment is None:
        raise LogFileError(_no_log(how))
    written = last = leading[-1].moment if leading else None
    for number, entry in enumerate(chain(leading, stream)):
        moment = entry.moment or written
        assert moment is not None  # noqa: S101 - for the type: the first entries got one above
        if number and how.ordered and moment == written and last is not None and last - moment < 998 * _MICROSECOND:
            last += _MICROSECOND
        else:
            last = moment
        written = moment
        yield last, entry


def _no_log(how: Format) -> str:
    return f"no line of it begins like `{how.example}`, so it is no log file of this format"


def _decoded(raw: bytes, encoding: str) -> tuple[str, dict[str, str]]:
    """The text without a \\r at its end, and what must be known beside it to write the same bytes again."""
    marks: dict[str, str] = {}
    if raw.endswith(b"\r"):
        raw, marks["line_end"] = raw[:-1], "\r\n"
    try:
        text = raw.decode(encoding)
        return text, marks if encoding == "utf-8" or raw.isascii() else {**marks, "encoding": encoding}
    except UnicodeDecodeError:
        return raw.decode("latin-1"), {**marks, "encoding": "latin-1"}  # it reads any bytes, old files mix both
