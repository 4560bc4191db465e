"""The personal values of an archive: beside each file that has any, a file of their own, to be written anew alone.

A line is `{"id":...,"personal":SIDE OBJECT}`; the lines stand in the order of the events that they belong to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from auditsearch.life.packing import ArchiveError, digest, lines, packed, told
from auditsearch.personal import faults, holds, read

DATA = ".personal.ndjson.zst"
"""How the names of these files end."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One file: how many events it has personal values of, its bytes and its SHA-256."""

    name: str
    events: int
    size: int
    sha256: str


class Beside:
    """The file beside one that is being written, made with its first line."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name.removesuffix(".ndjson.zst") + DATA)
        self.events = 0
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        with told(self.path), suppress(FileNotFoundError):  # of an earlier run, before the journal was written
            self.path.unlink()
        return self

    def __exit__(self, *error: Any) -> None:
        self.stack.__exit__(*error)

    def add(self, row: bytes) -> None:
        """Write a line; an empty one is none."""
        if row:
            if not self.events:
                self.write = self.stack.enter_context(packed(self.path))
            self.events += 1
            self.write(row + b"\n")

    def aside(self) -> Aside | None:
        """Return what was written, None if nothing was."""
        return Aside(self.path.name, self.events, *digest(self.path)) if self.events else None


def line(event_id: str, personal: str) -> bytes:
    """Return the line of an event's side object."""
    return b'{"id":%b,"personal":%b}' % (orjson.dumps(event_id), personal.encode())


def joined(texts: Iterator[str], path: Path | None) -> Iterator[tuple[str, str | None]]:
    """Yield each canonical text with its side object. Raises ArchiveError where the file holds others' too."""
    asides = _read(path) if path is not None else iter(())
    following = next(asides, None)
    for text in texts:
        personal = None
        if following is not None and holds(text) and following[0] == orjson.loads(text)["id"]:
            personal, following = following[1], next(asides, None)
        yield text, personal
    if following is not None:
        raise ArchiveError(f"{path} belongs to other events than those beside it. Take another copy of it.")


def check(aside: Aside, path: Path, texts: Iterator[str]) -> None:
    """Compare a file with the manifest, and each value with what its event says of it. Raises ArchiveError."""
    if digest(path) != (aside.size, aside.sha256):
        raise ArchiveError(f"{path} is not as it was written: its SHA-256 differs. Take another copy of it.")
    found = 0
    for text, personal in joined(texts, path):
        if personal is not None:
            found += 1
            if fault := next(faults(text, read(personal)), ""):
                raise ArchiveError(f"{path} does not hold what its events say: {fault}.")
    if found != aside.events:
        raise ArchiveError(f"{path} does not hold the events that its manifest tells of. Take another copy of it.")


def _read(path: Path) -> Iterator[tuple[str, str]]:
    for row in lines(path):
        tree = orjson.loads(row)
        yield tree["id"], orjson.dumps(tree["personal"], option=orjson.OPT_SORT_KEYS).decode()
