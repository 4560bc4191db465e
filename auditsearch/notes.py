"""Notes of rows that are shipped and not yet removed, in a file beside an SQLite database.

Each writer of an SQLite database can make a request fail that has read and then writes. So shipping writes nothing
there: what is shipped is noted in this file, under its lock, and the rows go with a later captured change, inside
its own transaction, some hundred at a time. A lost or stale note does no harm: a row shipped twice is one document,
and a row that is gone is not removed again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, NamedTuple

from auditsearch.hostlock import HostLock, lock_path

DUE = 256
"""Notes from which on their rows are removed."""

_LINE = 40  # bytes of a note at least
_turns = itertools.count(1)


class Note(NamedTuple):
    """A shipped row. Its id counts only together with its event: SQLite gives ids out again."""

    pk: int
    event_id: str


class Notes(HostLock):
    """The notes, written while the lock on their own file is held; without a path they last as long as this object."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self.memory: list[Note] = []

    def read(self) -> list[Note]:
        """All notes. Without the lock the last one may be half written, and is then left out."""
        if self.path is None:
            return list(self.memory)
        lines = self._bytes().decode(errors="replace").split("\n")[:-1]
        parts = (line.split(" ", 1) for line in lines)
        return [Note(int(part[0]), part[1]) for part in parts if len(part) == 2 and part[0].isdecimal()]

    def add(self, notes: Iterable[Note]) -> None:
        """Add notes under the lock."""
        if self.file is None:
            self.memory += notes
        else:
            _write(self.file, notes)

    def replace(self, notes: Iterable[Note]) -> None:
        """Keep only these, under the lock. The file stays the same one, for it is the lock."""
        if self.file is None:
            self.memory = list(notes)
            return
        self.file.truncate(0)
        _write(self.file, notes)

    def _bytes(self) -> bytes:
        if self.file is not None:
            self.file.seek(0)
            return self.file.read()
        try:
            return self.path.read_bytes() if self.path else b""
        except OSError:  # nothing was ever shipped, or a system whose locks forbid reading
            return b""


def due(using: str) -> list[Note]:
    """Return the notes if there are enough of them to remove their rows; looked at in one call of 32."""
    if next(_turns) % 32:
        return []
    path = lock_path(using)
    enough = path is not None and path.exists() and path.stat().st_size >= DUE * _LINE
    return Notes(path).read() if enough else []


def noted(using: str, vendor: str) -> list[Note]:
    """Return what is noted for a database: nothing unless it is SQLite."""
    return Notes(lock_path(using)).read() if vendor == "sqlite" else []


def _write(file: BinaryIO, notes: Iterable[Note]) -> None:
    file.seek(0, 2)
    file.write("".join(f"{note.pk} {note.event_id}\n" for note in notes).encode())
    file.flush()
