"""Where events go that the outbox can't take, under POLICY "degrade": a file, from which they come back later.

A line is `{"database":...,"partition":...,"personal":...,"event":CANONICAL}`, the event's exact bytes last. The file is
locked while it is written and while it is read back; what is read back twice after a crash is stored once all the same.
"""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from django.core.files import locks
from django.db import DatabaseError, connections, transaction

from auditsearch.backends.base import Finding
from auditsearch.conf import settings
from auditsearch.exceptions import ConfigurationError
from auditsearch.insertion import NewRow

Insert = Callable[[str, Sequence[NewRow]], None]

_EVENT = b',"event":'

logger = logging.getLogger("auditsearch")


def write(using: str, alias: str, rows: Sequence[NewRow], insert: Insert) -> None:
    """Insert the rows in a savepoint; where that fails, keep them in FALLBACK_FILE once `using` is committed.

    Raises ConfigurationError where FALLBACK_FILE is not set, and the database's error where it has taken back the whole
    transaction by itself, as SQLite does on a full disk: the caller must know that the change is gone.
    """
    path()
    try:
        with transaction.atomic(alias):
            insert(alias, rows)
    except (DatabaseError, ConfigurationError) as error:
        if connections[alias].needs_rollback:
            raise
        reason = str(error).partition("\n")[0] if isinstance(error, ConfigurationError) else type(error).__name__
        logger.error("%d audit events go to FALLBACK_FILE: %s", len(rows), reason, extra={"action": "degraded"})
        transaction.on_commit(partial(keep, alias, rows), using=using, robust=True)


def keep(alias: str, rows: Sequence[NewRow]) -> None:
    """Append rows to the file, forced to the disk. Never raises: what is lost is told by its number."""
    try:
        with _locked(path()) as file:
            size = file.seek(0, os.SEEK_END)
            try:
                file.write(b"".join(_line(alias, *row) for row in rows))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(size)  # no half line is left, on which the next one would be written
                raise
    except (OSError, ConfigurationError) as error:
        logger.critical(
            "%d audit events are lost: neither outbox nor FALLBACK_FILE takes them (%s).",
            len(rows),
            type(error).__name__,
            extra={"action": "events_lost"},
        )


def refill(insert: Insert) -> int:
    """Bring back what the file holds, where the outbox takes it again; return how many events."""
    if settings.FALLBACK_FILE is None or not _holds(path()):
        return 0
    with _locked(path()) as file:
        lines = file.read().splitlines(keepends=True)
        left = [line for alias, some in _grouped(lines).items() for line in _returned(alias, some, insert)]
        _rewrite(path(), left)
    back = len(lines) - len(left)
    if back:
        logger.info("%d audit events are back from FALLBACK_FILE.", back, extra={"action": "fallback_refilled"})
    return back


def waiting() -> int:
    """How many events the file holds."""
    if settings.FALLBACK_FILE is None or not _holds(path()):
        return 0
    with path().open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def findings() -> list[Finding]:
    """What somebody should know about the file."""
    n = waiting()
    hint = "They come back once the outbox takes them: see what the log says with the action `degraded`."
    return [Finding("error", f"{n:,} events are in FALLBACK_FILE, not in the outbox.", hint)] if n else []


def path() -> Path:
    """FALLBACK_FILE. Raises ConfigurationError where it is not set."""
    if settings.FALLBACK_FILE is None:
        raise ConfigurationError(
            'POLICY is "degrade": set AUDITSEARCH["FALLBACK_FILE"] = "/var/lib/site/audit.ndjson".'
        )
    return Path(settings.FALLBACK_FILE)


def _returned(alias: str, lines: Sequence[bytes], insert: Insert) -> Sequence[bytes]:
    """Insert the events of one database; returns the lines that must stay."""
    try:
        with transaction.atomic(alias):
            insert(alias, [_row(line) for line in lines])
    except (DatabaseError, ConfigurationError):
        return lines
    return []


def _line(alias: str, event_id: str, partition: str, canonical: str, personal: str | None) -> bytes:
    head = {"id": event_id, "database": alias, "partition": partition, "personal": personal}
    return json.dumps(head, separators=(",", ":")).encode()[:-1] + _EVENT + canonical.encode() + b"}\n"


def _row(line: bytes) -> NewRow:
    head, _, event = line.partition(_EVENT)
    told = json.loads(head + b"}")
    return told["id"], told["partition"], event[:-2].decode(), told["personal"]


def _grouped(lines: Sequence[bytes]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = defaultdict(list)
    for line in lines:
        found[json.loads(line.partition(_EVENT)[0] + b"}")["database"]].append(line)
    return found


def _rewrite(file: Path, lines: Sequence[bytes]) -> None:
    """Put what stays in the place of the file, at once."""
    other = file.with_name(f"{file.name}.new")
    with os.fdopen(os.open(other, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as new:
        new.write(b"".join(lines))
        new.flush()
        os.fsync(new.fileno())
    other.replace(file)


@contextmanager
def _locked(file: Path) -> Iterator[BinaryIO]:
    """The file, locked; one that was replaced while we waited for the lock is opened anew."""
    while True:
        with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600), "r+b") as opened:
            locks.lock(opened, locks.LOCK_EX)
            if os.fstat(opened.fileno()).st_ino == os.stat(file).st_ino:
                yield opened
                return


def _holds(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except OSError:
        return False
