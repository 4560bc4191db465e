"""Restoring: an archive's events back into a store, any store, each once; and copying from one store to another.

Both prove first what they are given, and both can be done again: what is there already is found by its id and hash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from auditsearch.backends.base import Backend, Settled
from auditsearch.capture.actions import record
from auditsearch.conf import settings
from auditsearch.document import Document, document
from auditsearch.exceptions import AuditSearchError, BackendUnavailable
from auditsearch.life import removal
from auditsearch.life.lock import database, locked
from auditsearch.life.manifest import Manifest, accept, check, events, read
from auditsearch.life.progress import Progress, quiet

RESTORED = "archive_restored"
"""Code of the audit event that tells of it."""

PATIENCE = 60.0
"""Seconds that a busy store is waited for, all in all."""

STORED = (Settled.SHIPPED, Settled.DEGRADED, Settled.TRUNCATED)


Given = tuple[str, str] | tuple[str, str, str | None]
"""Canonical text, partition, side object of an event."""


class NotStored(AuditSearchError):
    """Some events could not be stored; the message says which and why. The others are stored: it can be run again."""


@dataclass
class Filling:
    """Storing many events in one store. `alive` is called before each batch, and may raise."""

    backend: Backend
    alive: Callable[[], None] = lambda: None
    progress: Callable[[int], None] = lambda n: None
    stored: int = 0
    waited: float = 0.0
    refused: list[str] = field(default_factory=list)

    def fill(self, events: Iterable[Given]) -> int:
        """Store events; returns how many. Raises NotStored, BackendUnavailable.

        While one batch is on its way to a server, the next is made ready.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="auditsearch-restore") as away:
            flight = None
            for batch in self._batches(events):
                self.alive()
                if flight is not None:
                    flight.result()
                if self.backend.embedded:
                    self._store(batch)
                else:
                    flight = away.submit(self._store, batch)
            if flight is not None:
                flight.result()
        if self.refused:
            raise NotStored(f"{len(self.refused):,} events were refused: {'; '.join(self.refused[:5])}.")
        return self.stored

    def _store(self, batch: list[Document]) -> None:
        left = batch
        while left:
            outcomes = {outcome.id: outcome for outcome in self.backend.index(left)}
            fates = [(one, outcomes[one.id]) for one in left]
            bad = [(one, fate) for one, fate in fates if fate.settled not in STORED]
            self.refused += [f"{one.id}: {fate.reason}" for one, fate in bad if fate.settled is Settled.QUARANTINE]
            self.stored += len(left) - len(bad)
            left = [one for one, fate in bad if fate.settled is not Settled.QUARANTINE]
            if left:
                self._wait(outcomes[left[0].id].reason)
        self.progress(self.stored)

    def _wait(self, reason: str) -> None:
        if self.waited >= PATIENCE:
            raise BackendUnavailable(f"The store takes no more events now; run it again to go on. It said: {reason}")
        time.sleep(0.5)
        self.waited += 0.5

    def _batches(self, events: Iterable[Given]) -> Iterator[list[Document]]:
        made = (document(*event) for event in events)
        while batch := list(islice(made, settings.BATCH_SIZE)):
            yield batch


def restore(backend: Backend, path: Path, *, adopt: bool = False, progress: Progress = quiet) -> Manifest:
    """Bring an archive's events back; `path` names its manifest or one of its files. First of all it is proven.

    With `adopt`, one of another site is taken in under this site's prefix. Its partitions leave the ledger of dropped
    ones. Raises ArchiveError, Locked, NotStored and what the store raises; run again, it goes on.
    """
    manifest = read(path)
    accept(manifest, None if adopt else settings.INDEX_PREFIX)
    check(manifest, lambda n: progress("checked", n, manifest.events))
    done = 0
    for part in manifest.parts:
        partition = _here(part.partition, manifest.site)
        with locked(partition, "restore") as alive:
            removal.unmark(partition)
            filling = Filling(backend, alive, _further(progress, done, manifest.events))
            done += filling.fill((text, partition, personal) for text, personal in events(manifest, part))
    backend.refresh()
    told = f"Archive {manifest.stem} restored: {done} events"
    record(RESTORED, verbose=told, using=database(), archive=manifest.stem, events=done, site=manifest.site)
    return manifest


def _further(progress: Progress, before: int, total: int) -> Callable[[int], None]:
    return lambda n: progress("restored", before + n, total)


def _here(partition: str, site: str) -> str:
    return f"{settings.INDEX_PREFIX}{partition.removeprefix(site)}"
