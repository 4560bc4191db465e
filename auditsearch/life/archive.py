"""Archiving: events as files that can be proven, searched and restored; and only then, if asked, out of the store.

a file for each partition   written beside, synced, named; the journal notes it
all files read back         hashed, unpacked, compared with what the store gave
the manifest                makes it an archive
removal                     each partition anew compared with its file, under its lock; the journal notes it
the journal goes            killed before that, the next run goes on where this one was
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from django.utils import timezone

from auditsearch import __version__
from auditsearch.backends.base import Backend
from auditsearch.capture.actions import record
from auditsearch.conf import settings
from auditsearch.event import from_micros
from auditsearch.hostlock import HostLock
from auditsearch.life import holds, removal
from auditsearch.life.aside import Beside
from auditsearch.life.gathering import BESIDE, gathered
from auditsearch.life.hidden import REMEDY, hidden
from auditsearch.life.lock import database, locked
from auditsearch.life.manifest import DATA, Manifest, Part, check, check_part, ids, read, texts, with_part
from auditsearch.life.packing import ArchiveError, digest, packed, sweep, told
from auditsearch.life.progress import Progress, quiet
from auditsearch.life.reading import batches
from auditsearch.life.spool import Spool
from auditsearch.query.algebra import all_of
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.tree import ALL, Node
from auditsearch.seal.merkle import Tree, leaf_hash

ARCHIVED = "archived"
"""Code of the audit event that tells of it, with the digest of its files."""


def archive(
    backend: Backend,
    folder: Path,
    *,
    before: int | None = None,
    log: str | None = None,
    reset: bool = False,
    progress: Progress = quiet,
) -> list[Manifest]:
    """Archive the events before a time (microseconds), of one log or all; first, what an earlier run left unfinished.

    With `reset` they are removed from the store once the files are proven. Returns the manifests, none where there was
    nothing. Raises ArchiveError, Refused, Locked and what the store raises; run again, it goes on.
    """
    look(backend, folder, before, log)
    lock = folder / ".auditsearch-archive.lock"
    with told(folder):  # before the lock's own words, which are of shippers
        lock.touch(0o600)
    with told(folder), HostLock(lock) as free:
        if not free:
            raise ArchiveError(f"Another process is archiving to {folder}: leave it at work.")
        sweep(folder)
        made = [finish(backend, read(path), progress) for path in sorted(folder.glob("*.unfinished.json"))]
        fresh = begin(folder, before, log, reset=reset)
        if any(_alike(fresh, former) for former in made) or not _number(backend, fresh):
            return made
        if any(path.name.startswith(f"{fresh.stem}.") for path in folder.iterdir()):
            done = "".join(f"{each.stem}, which was left unfinished, is done now. " for each in made)
            raise ArchiveError(
                f"{done}{folder} has files of {fresh.stem} already: wait a minute, or change ARCHIVE_FILENAME_TEMPLATE."
            )
        return [*made, finish(backend, fresh, progress)]


def look(backend: Backend, folder: Path, before: int | None, log: str | None) -> None:
    """Raise ArchiveError where there is no such folder, nobody knows of such a log, or the store hides events."""
    if not folder.is_dir():
        raise ArchiveError(f"{folder} is no folder: make it, or name another one with --destination.")
    for index, why in hidden(backend, before).items():
        raise ArchiveError(f"{index}: {why}. Nothing was archived: {REMEDY}, and run it again.")
    backend.refresh()
    if log is None or log in settings.LOGS or backend.count(plan(tree_of(log=log)).engine):
        return
    there = ", ".join(str(name) for name, _ in backend.facets(ALL, "log_name", size=20).values)
    raise ArchiveError(
        f"No event of a log {log!r} is stored; there are: {there or 'none'}. Name it in LOGS if its are to come."
    )


def begin(folder: Path, before: int | None, log: str | None, *, reset: bool) -> Manifest:
    """Return the manifest of an archive that has nothing yet."""
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    return Manifest(stem(), settings.INDEX_PREFIX, made_at, __version__, before, log, reset, folder=folder)


def stem() -> str:
    """Return what the names of an archive's files begin with now. Raises ArchiveError where that is no name."""
    name = timezone.localtime(timezone.now()).strftime(settings.ARCHIVE_FILENAME_TEMPLATE)
    if not name or os.sep in name or name.startswith("."):
        raise ArchiveError(f"ARCHIVE_FILENAME_TEMPLATE makes {name!r}, which is no name of a file.")
    return name


def finish(backend: Backend, manifest: Manifest, progress: Progress = quiet) -> Manifest:
    """Do what is left to do of an archive, whatever that is; returns its manifest as it is then."""
    if not manifest.path.exists():
        manifest = _write(backend, manifest, progress)
    if manifest.reset:
        manifest = _remove(backend, manifest, progress)
    _tell(manifest)
    with told(manifest.journal), suppress(FileNotFoundError):
        manifest.journal.unlink()
    return manifest


def question(manifest: Manifest) -> Node:
    """Return the events that an archive is to hold, as engines are asked."""
    asked = [tree_of(timestamp__lt=from_micros(manifest.before))] if manifest.before is not None else []
    asked += [tree_of(log=manifest.log)] if manifest.log else []
    return plan(all_of(asked)).engine if asked else ALL


def _alike(one: Manifest, other: Manifest) -> bool:
    """Whether both were asked for alike; of a time that is said as an age each run makes another one."""
    return (one.log, one.reset, one.before is None) == (other.log, other.reset, other.before is None)


def _number(backend: Backend, manifest: Manifest) -> int:
    backend.refresh()
    return backend.count(question(manifest))


def _write(backend: Backend, manifest: Manifest, progress: Progress) -> Manifest:
    total = _number(backend, manifest)
    manifest.write(manifest.journal)
    done = {part.partition for part in manifest.parts}
    for partition in sorted(backend.holdings(), key=_in_time):
        if partition not in done:
            before = manifest.events
            part = _part(backend, manifest, partition, lambda n, before=before: progress("archived", before + n, total))  # type: ignore[misc]
            manifest = with_part(manifest, part) if part else manifest
            manifest.write(manifest.journal)
    check(manifest, lambda n: progress("read back", n, total))
    manifest.write(manifest.path)
    return manifest


def _in_time(partition: str) -> tuple[bool, str]:
    return partition.endswith("-edge"), partition


def _part(backend: Backend, manifest: Manifest, partition: str, progress: Callable[[int], None]) -> Part | None:
    path = manifest.folder / f"{manifest.stem}.{partition}{DATA}"
    with told(path), suppress(FileNotFoundError):  # it was named, and then the journal was not written any more
        path.unlink()
    with closing(Spool(manifest.folder)) as spool:
        seen = gathered(spool, batches(backend, partition, question(manifest)), progress)
        if not seen.events:
            return None
        tree, beside = Tree(), Beside(path)
        with packed(path) as write, beside:
            for _, record in spool.lines():
                row, _, personal = record.partition(BESIDE)
                tree.add(leaf_hash(row))
                write(row + b"\n")
                beside.add(personal)
    size, sha256 = digest(path)
    root = tree.root().hex()
    return Part(path.name, partition, **asdict(seen), size=size, sha256=sha256, root=root, aside=beside.aside())


def _remove(backend: Backend, manifest: Manifest, progress: Progress) -> Manifest:
    done = sum(part.events for part in manifest.parts if part.partition in manifest.removed)
    for part in manifest.parts:
        if part.partition in manifest.removed:
            continue
        with locked(part.partition, "archive") as alive:
            check_part(manifest, part)
            alive()
            _take_out(backend, manifest, part, alive)
        done += part.events
        progress("removed", done, manifest.events)
        manifest = replace(manifest, removed=(*manifest.removed, part.partition))
        manifest.write(manifest.path)
    return manifest


def _tell(manifest: Manifest) -> None:
    told: dict[str, Any] = {"archive": manifest.stem, "events": manifest.events, "digest": manifest.digest}
    done = f", {len(manifest.removed)} partitions removed from the store" if manifest.reset else ""
    record(
        ARCHIVED,
        verbose=f"Archive {manifest.stem} made: {manifest.events} events{done}",
        level="WARNING" if manifest.reset else "INFO",
        using=database(),
        removed=list(manifest.removed),
        folder=str(manifest.folder),
        **told,
    )


def _take_out(backend: Backend, manifest: Manifest, part: Part, alive: Callable[[], None]) -> None:
    """A partition goes whole where the file has all of it; what is held stays, and what came since."""
    bound = holds.in_force()
    there = backend.holdings().get(part.partition, 0)
    whole_of_it = not bound and there == part.events and not removal.waiting(part.partition)
    if whole_of_it and removal.drop(backend, part.partition, there):
        return
    free = (orjson.loads(text)["id"] for text in texts(manifest, part) if not holds.holding(bound, text))
    removal.delete(backend, part.partition, free if bound else ids(manifest, part), alive)
