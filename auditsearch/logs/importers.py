"""Log files of other systems become events with ids of their own line, so that an import can be repeated.

A Kofa line is `datetime - LEVEL - user - message`; lines without that head go on with the message before them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from itertools import islice
from pathlib import Path

from django.db import transaction

from auditsearch import canonical, outbox
from auditsearch.capture.mask import mask_text
from auditsearch.conf import settings
from auditsearch.event import SCHEMA, imported_id, micros
from auditsearch.exceptions import AuditSearchError
from auditsearch.partition import partition_of

CODE = "log"
"""The event code of a line that was imported without a rule for its kind."""

MAX_PARTITIONS = 500
"""An import that would make more partitions than this is refused: each is an index that the server must hold open."""

MAX_LEADING = 1000
"""Lines before the first one with a head that are still taken for the rest of a cut message."""

_HEAD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - ")
_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - ([A-Z]+) - (.+?) - (.*)", re.DOTALL)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LogFileError(AuditSearchError):
    """The file or the option can't be imported as it is; the message says what to change. Nothing was recorded."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One log entry, `n`-th of its file with exactly these bytes. A `broken` one has the whole line as message."""

    raw: bytes
    n: int
    message: str
    moment: datetime | None = None  # UTC
    level: str | None = None
    user: str | None = None

    @property
    def broken(self) -> bool:
        """The line has no head that can be read; its time is that of the entry before it."""
        return self.level is None


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file, and how it is to be read. `zone` is what its naive times are in, `source` a part of each event's id."""

    path: Path
    log: str
    zone: tzinfo
    source: str
    encoding: str = "utf-8"

    def entries(self) -> Iterator[tuple[datetime, Entry]]:
        """Read the file: each entry and its time. Raises LogFileError where it is no log file, OSError, and
        UnicodeError where the encoding is none of texts."""
        with open(self.path, "rb") as stream:
            yield from dated(self._parse(joined(stream)))

    def _parse(self, raws: Iterable[bytes]) -> Iterator[Entry]:
        seen: Counter[bytes] = Counter()
        for raw in raws:
            seen[raw] += 1
            yield parse(raw, seen[raw], self.zone, self.encoding)


@dataclass(slots=True)
class Survey:
    """What a file holds: counts, first and last time, and the partitions that its events belong to."""

    entries: int = 0
    broken: int = 0
    first: datetime | None = None
    last: datetime | None = None
    partitions: set[str] = field(default_factory=set)

    def add(self, moment: datetime, broken: bool, partition: str) -> None:
        """Count one entry."""
        self.entries += 1
        self.broken += broken
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)
        self.partitions.add(partition)


def joined(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join each line that has a head with the lines after it that have none; line ends within stay, the last goes."""
    waiting: list[bytes] = []
    for number, line in enumerate(lines):
        line = line.removeprefix(_BYTE_ORDER_MARK) if number == 0 else line
        if waiting and _HEAD.match(waiting[0]) and not _HEAD.match(line):
            waiting.append(line)
            continue
        yield from _end(waiting)
        waiting = [line]
    yield from _end(waiting)


def _end(lines: list[bytes]) -> Iterator[bytes]:
    raw = b"".join(lines).removesuffix(b"\n").removesuffix(b"\r")
    if raw:
        yield raw


def parse(raw: bytes, n: int, zone: tzinfo, encoding: str) -> Entry:
    """Read one entry; one that can't be read keeps its whole text as message, without a time."""
    text = _decode(raw, encoding)
    match = _LINE.fullmatch(text)
    if match is None:
        return Entry(raw, n, text)
    try:
        moment = datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return Entry(raw, n, text)
    return Entry(raw, n, match[4], moment, match[2], match[3])


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode("latin-1")  # it reads any bytes, and old files mix both


def dated(entries: Iterable[Entry]) -> Iterator[tuple[datetime, Entry]]:
    """Pair each entry with its time: one without has that of the entry before it, the first ones that of the next."""
    leading: list[Entry] = []
    moment: datetime | None = None
    for entry in entries:
        moment = entry.moment or moment
        if moment is None:
            leading.append(entry)
            _check_leading(leading)
            continue
        yield from ((moment, early) for early in leading)
        leading.clear()
        yield moment, entry
    if leading:
        raise LogFileError(_NO_LOG)


_NO_LOG = "no line of it begins like `2015-04-29 08:12:26,091 - INFO - admin - `, so it is no log file of Kofa's"


def _check_leading(leading: list[Entry]) -> None:
    if len(leading) > MAX_LEADING:
        raise LogFileError(f"in its first {MAX_LEADING:,} lines, {_NO_LOG}")


def survey(file: LogFile, period: str | None = None) -> Survey:
    """Read `file` and write nothing."""
    found = Survey()
    for moment, entry in file.entries():
        found.add(moment, entry.broken, partition_of(micros(moment), window=None, period=period))
    return found


def check_partitions(partitions: set[str]) -> None:
    """Raise LogFileError where an import would spread over more than 500 partitions."""
    if len(partitions) > MAX_PARTITIONS:
        raise LogFileError(
            f"these events would make {len(partitions):,} partitions, more than {MAX_PARTITIONS}: "
            "say --period year, or import a part of the files"
        )


def record(file: LogFile, period: str | None = None) -> Iterator[int]:
    """Put each entry into the outbox, in batches of BATCH_SIZE rows; yields the number of each batch when it is
    committed. Doing it again gives the same ids, so that the store keeps one document of each.
    """
    rows = (row(file, moment, entry, period) for moment, entry in file.entries())
    using = settings.DATABASE or "default"
    while batch := list(islice(rows, settings.BATCH_SIZE)):
        with transaction.atomic(using):
            outbox.append(using, batch)
        yield len(batch)


def row(file: LogFile, moment: datetime, entry: Entry, period: str | None = None) -> tuple[str, str, str, None]:
    """Return the outbox row of one entry: event id, partition, canonical JSON text, nothing personal."""
    ts = micros(moment)
    event_id = imported_id(canonical.text(file.source), file.log, entry.raw, entry.n)
    members = {
        "id": event_id,
        "ts": ts,
        "schema": SCHEMA,
        "event_code": CODE,
        "event_type": "undefined",
        "system_type": "undefined",
        "log_name": file.log,
        "logger": f"auditsearch.{file.log}",
        "level": entry.level,
        "user_name": entry.user,
        "verbose": mask_text(entry.message),
        "context": {"broken": True} if entry.broken else None,
    }
    tree = {name: value for name, value in members.items() if value is not None}
    return event_id, partition_of(ts, window=None, period=period), canonical.dumps(canonical.normalise(tree)), None
