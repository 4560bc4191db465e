"""Following a growing file: its position is kept beside it, so that nothing is lost or doubled by a restart, by
rotation (rename and create) or by truncation (copy and truncate).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from auditsearch.logs.files import LogFile
from auditsearch.logs.importers import Row, row_of, written
from auditsearch.logs.lines import Entry

HEAD = 1024
"""Bytes of a file's beginning that tell it from another one with its inode."""

BATCH_BYTES = 4_000_000
"""Bytes that are read before they are written and the position is moved."""


@dataclass(frozen=True)
class Position:
    """How far a file was read: `offset` bytes of the one with `inode`, which begins with `length` bytes of `digest`."""

    inode: int
    offset: int
    length: int
    digest: str


class Follower:
    """Reads what a file grows by, again and again; `place` is the file that keeps its position.

    `gaps` counts how often the file that was read last could not be found again: it was deleted or compressed while
    nobody followed, and what it had grown by is missing. `broken` counts lines that can't be read.
    """

    def __init__(self, file: LogFile, place: Path, period: str | None = None) -> None:
        self.file, self.place, self.period = file, place, period
        self.origin = file.origin
        self.stream: IO[bytes] | None = None
        self.offset = 0
        self.moment: datetime | None = None
        self.broken = self.gaps = 0
        self.leaving = self.drained = False

    def step(self) -> int:
        """Put all whole lines that are new into the outbox, then keep the position; return how many.

        A line is whole with its end, or once the file was rotated. Raises OSError, but for a file that is not there
        yet, and the database's errors; the next step then reads the same again.
        """
        done = 0
        while True:
            if self.stream is None:
                missed = self._missed()
                done += sum(self._whole_file(path, offset) for path, offset in missed)
                if not self._open(fresh=bool(missed)):
                    return done
            self._begin_anew()
            done += self._read()
            if not self._left():
                return done

    def close(self) -> None:
        """Give the file back."""
        if self.stream is not None:
            self.stream.close()
        self.stream = None

    def _open(self, fresh: bool) -> bool:
        try:
            self.stream = open(self.file.path, "rb")  # noqa: SIM115 - it stays open until the file is another one
        except FileNotFoundError:
            return False
        kept = self._kept()
        own = not fresh and kept is not None and _is(self.stream, kept)
        self.gaps += kept is not None and not own and not fresh and not self.drained
        self.offset, self.leaving, self.drained = kept.offset if own and kept else 0, False, False
        return True

    def _read(self, last: bool = False) -> int:
        """Write what is new, in portions, each with its position."""
        done = 0
        assert self.stream is not None  # noqa: S101 - for the type: `step` has opened it
        while lines := self._portion(self.stream, last):
            done += sum(written(self._rows(lines)))
            self.offset = lines[-1][0] + len(lines[-1][1])
            self._keep()
        return done

    def _portion(self, stream: IO[bytes], last: bool) -> list[tuple[int, bytes]]:
        stream.seek(at := self.offset)
        lines: list[tuple[int, bytes]] = []
        while at - self.offset < BATCH_BYTES and (line := stream.readline()):
            if not line.endswith(b"\n") and not last:
                break
            lines.append((at, line))
            at += len(line)
        return lines

    def _rows(self, lines: list[tuple[int, bytes]]) -> Iterator[Row]:
        for offset, line in lines:
            if raw := line.rstrip(b"\r\n"):
                entry = self.origin.entry(raw, offset)
                yield row_of(self.origin, self._time(entry), entry, self.period)

    def _time(self, entry: Entry) -> datetime:
        self.broken += entry.broken
        self.moment = entry.moment or self.moment or datetime.now(UTC)
        return self.moment

    def _begin_anew(self) -> None:
        """Read from the start where the file was cut, or was copied away and begins with something else."""
        assert self.stream is not None  # noqa: S101 - for the type
        kept = self._kept()
        if os.fstat(self.stream.fileno()).st_size < self.offset or (kept and not _is(self.stream, kept)):
            self.offset = 0
            self._keep()

    def _left(self) -> bool:
        """Whether the name leads to another file now."""
        assert self.stream is not None  # noqa: S101 - for the type
        here = os.fstat(self.stream.fileno())
        try:
            there = os.stat(self.file.path)
        except FileNotFoundError:
            return False
        return (there.st_ino, there.st_dev) != (here.st_ino, here.st_dev) and self._leave()

    def _leave(self) -> bool:
        """Go to the next file at the second call: until then writers may not have noticed the rotation either."""
        if not self.leaving:
            self.leaving = True
            return False
        self._read(last=True)
        self._keep()
        self.close()
        self.drained = True
        return True

    def _missed(self) -> list[tuple[Path, int]]:
        """Files, oldest first, that were renamed while nobody looked: the kept one from its offset, and later ones."""
        kept = self._kept()
        if kept is None or _begins(self.file.path, kept):
            return []
        others = [path for path in self.file.path.parent.glob(f"{self.file.path.name}*") if path != self.file.path]
        logs = sorted((path for path in others if _is_log(path, self.place)), key=lambda path: path.stat().st_mtime_ns)
        start = next((n for n, path in enumerate(logs) if _begins(path, kept)), None)
        if start is None:
            return []
        return [(path, kept.offset if n == 0 else 0) for n, path in enumerate(logs[start:])]

    def _whole_file(self, path: Path, offset: int) -> int:
        with open(path, "rb") as stream:
            self.stream, self.offset = stream, offset
            try:
                return self._read(last=True)
            finally:
                self.stream = None

    def _keep(self) -> None:
        assert self.stream is not None  # noqa: S101 - for the type
        head = os.pread(self.stream.fileno(), min(HEAD, self.offset), 0)
        position = Position(os.fstat(self.stream.fileno()).st_ino, self.offset, len(head), _digest(head))
        new = self.place.with_name(self.place.name + ".new")
        with open(new, "w") as stream:
            json.dump(asdict(position), stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, self.place)

    def _kept(self) -> Position | None:
        try:
            return Position(**json.loads(self.place.read_text()))
        except FileNotFoundError:
            return None


def place_of(path: Path) -> Path:
    """Return the file that keeps the position of `path` where no other one is said."""
    return path.with_name(f".{path.name}.auditsearch-position")


def _is(stream: IO[bytes], kept: Position) -> bool:
    head = os.pread(stream.fileno(), kept.length, 0)
    return os.fstat(stream.fileno()).st_size >= kept.offset and _digest(head) == kept.digest


def _begins(path: Path, kept: Position) -> bool:
    try:
        with open(path, "rb") as stream:
            return _is(stream, kept) and os.fstat(stream.fileno()).st_ino == kept.inode
    except OSError:
        return False


def _is_log(path: Path, place: Path) -> bool:
    return path.is_file() and path != place and path.suffix not in (".gz", ".bz2", ".xz", ".zst")


def _digest(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
