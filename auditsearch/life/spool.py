"""Putting any number of lines in order with little memory: sorted runs in temporary files, merged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from pathlib import Path
from typing import IO

from auditsearch.life.packing import drawn, squeezed, told

RUN = 16_000_000
"""Bytes of lines that are held in memory; more are written to the disk."""

MOST = 32
"""Runs that are merged at once."""

_END = b"\0"  # between key and line, where JSON has none


class Spool:
    """Lines of JSON, given with a key each. `folder` is where there is room for what memory does not hold.

    The files have no names: a process that is killed leaves none behind. Raises ArchiveError where the disk is full.
    """

    def __init__(self, folder: Path, *, backwards: bool = False) -> None:
        self.folder = folder
        self.backwards = backwards
        self.held: list[bytes] = []
        self.size = 0
        self.runs: list[IO[bytes]] = []

    def add(self, key: bytes, line: bytes) -> None:
        """Add a line; lines of one key are ordered among each other by what is in them."""
        self.held.append(key + _END + line)
        self.size += len(line)
        if self.size >= RUN:
            self._put_away()

    def lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and line of all that was added, in order; then there is nothing more."""
        held, self.held = sorted(self.held, reverse=self.backwards), []
        for record in self._merged(held):
            key, _, line = record.partition(_END)
            yield key, line

    def close(self) -> None:
        """Give the disk back what it lent."""
        while self.runs:
            self.runs.pop().close()

    def _put_away(self) -> None:
        held, self.held, self.size = sorted(self.held, reverse=self.backwards), [], 0
        self.runs.append(self._written(held))
        if len(self.runs) == MOST:
            merged = self._written(self._merged())
            self.close()
            self.runs.append(merged)

    def _merged(self, held: Iterable[bytes] = ()) -> Iterator[bytes]:
        return merge(*map(drawn, self.runs), held, reverse=self.backwards)

    def _written(self, records: Iterable[bytes]) -> IO[bytes]:
        left = iter(records)
        with told(self.folder):
            file = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115 - `close` closes it
            with squeezed(file) as write:
                while some := list(islice(left, 500)):
                    write(b"\n".join(some) + b"\n")
            file.seek(0)
        return file
