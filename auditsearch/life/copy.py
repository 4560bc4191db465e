"""Moving house: all events of one store into another, while the first is written to, until both hold the same.

Both are read side by side in one order; what the target lacks is stored, what it has is compared by its leaf. So one
walk copies, resumes and verifies: the walk that finds nothing to copy is the proof.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend, Stored
from auditsearch.exceptions import AuditSearchError, ConfigurationError, PartialAnswer
from auditsearch.life import removal
from auditsearch.life.hidden import REMEDY, hidden
from auditsearch.life.lock import locked
from auditsearch.life.progress import Progress, quiet
from auditsearch.life.reading import pages, personal_of, whole
from auditsearch.life.restore import Filling

_HOST = re.compile(r"[\w.-]+:\d+(?:,.+)?")

ROUNDS = 5
"""Walks through a store that goes on being written to; then a person must say when it stands still."""


class NotTheSame(AuditSearchError):
    """The target holds other events under the same ids, or the source can't be read whole; the message names them."""


@dataclass
class Copied:
    """How many events were copied in each walk, how many both hold now, and how many only the target has."""

    walks: list[int] = field(default_factory=list)
    events: int = 0
    extra: int = 0


def store(place: str, *, new: bool = True) -> Backend:
    """Return the store of the settings ("settings"), of a file's path, or of URLs with commas between them.

    Raises ConfigurationError where it is none of these; unless it may be `new`, also where there is no such file.
    """
    if place == "settings":
        return get_backend()
    if urlsplit(place).scheme in ("http", "https"):
        from auditsearch.backends.opensearch import OpenSearchBackend

        return OpenSearchBackend(place.split(","))
    path = Path(place)
    if _HOST.fullmatch(place) and not path.exists():
        raise ConfigurationError(f"{place} is no file: if it is a server, write https://{place}.")
    if not new and not path.is_file():
        raise ConfigurationError(f"There is no file {path.absolute()} to copy from.")
    from auditsearch.backends.sqlite import SQLiteBackend

    return SQLiteBackend(path.resolve())


def copy(source: Backend, target: Backend, progress: Progress = quiet) -> Copied:
    """Copy all events, walk after walk until one finds nothing more. Raises NotTheSame, Locked, PartialAnswer.

    The target may hold events that the source has not: they are counted, and left as they are.
    """
    target.setup()
    done = Copied()
    while not done.walks or done.walks[-1]:
        if len(done.walks) == ROUNDS:
            raise PartialAnswer(f"After {ROUNDS} walks the source still gets new events: run it again later.")
        done.events = done.extra = 0
        copied = 0
        source.refresh()
        target.refresh()
        for index, why in hidden(source).items():
            raise NotTheSame(f"{index} of the source: {why}. Nothing is proven: {REMEDY}, and run it again.")
        holdings = source.holdings()
        for partition in sorted(holdings):
            with locked(partition, "copy") as alive:
                walk = Walk(source, target, partition, alive)
                copied += walk.go(_further(progress, len(done.walks), done.events, sum(holdings.values())))
            done.events += walk.events
            done.extra += walk.extra
        done.walks.append(copied)
    return done


@dataclass
class Walk:
    """One walk through one partition of both stores."""

    source: Backend
    target: Backend
    partition: str
    alive: Callable[[], None]
    events: int = 0
    extra: int = 0

    def go(self, progress: Callable[[int], None]) -> int:
        """Copy what the target lacks; returns how many."""
        self.progress = progress
        filling = Filling(self.target, self.alive)
        removal.unmark(self.partition)
        return filling.fill((self._text(stored), self.partition, personal_of(stored)) for stored in self._lacking())

    def _lacking(self) -> Iterator[Stored]:
        there = self._stream(self.target)
        known = next(there, None)
        for stored in self._stream(self.source):
            while known is not None and (known.ts, known.id) < (stored.ts, stored.id):
                self.extra += 1
                known = next(there, None)
            self.events += 1
            if not self.events % 1000:
                self.progress(self.events)
            if known is not None and known.id == stored.id:
                self._compare(stored, known)
                known = next(there, None)
                continue
            yield stored
        self.extra += sum(1 for _ in chain([known] if known else [], there))

    def _stream(self, backend: Backend) -> Iterator[Stored]:
        return (one for page in pages(backend, self.partition, alive=self.alive) for one in page)

    def _compare(self, stored: Stored, known: Stored) -> None:
        if stored.leaf != known.leaf:
            raise NotTheSame(f"The target holds another event under the id {stored.id} in {self.partition}.")

    def _text(self, stored: Stored) -> str:
        text = whole(stored)
        if text is None:
            raise NotTheSame(f"The event {stored.id} of {self.partition} is stored only in part, and its row is gone.")
        return text


def _further(progress: Progress, walk: int, before: int, total: int) -> Callable[[int], None]:
    doing = "copied" if not walk else f"compared, walk {walk + 1}"
    return lambda n: progress(doing, before + n, total)
