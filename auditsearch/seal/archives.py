"""Whether an archive is the one that the log tells of: who makes files and manifest anew does not change that event."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import orjson

from auditsearch.backends.base import Backend, Sort, Stored
from auditsearch.life.archive import ARCHIVED
from auditsearch.life.manifest import Manifest
from auditsearch.life.packing import ArchiveError
from auditsearch.life.reading import pages
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan

ELSEWHERE = "ELSEWHERE"
"""An archive that the log tells of and that is not here: moved or removed, nobody can tell."""

MOST = 100
"""Events of one archive's name that are looked at, the newest first."""


def compare(backend: Backend, manifest: Manifest) -> bool:
    """Return whether the log tells of this archive. Raises ArchiveError where it only tells of another of its name.

    The log tells nothing of archives of another site, or made before their event was, or if it was removed since.
    """
    asked = tree_of(event_code=ARCHIVED, _context__archive__exact=manifest.stem)
    found = backend.search(plan(asked).engine, order=[Sort("ts", True), Sort("id", True)], limit=MOST)
    told = {orjson.loads(hit.canonical)["context"].get("digest") for hit in found.hits}
    if told and manifest.digest not in told:
        raise ArchiveError(f"{manifest.path} is not the archive of this name that the log tells of: it was made anew.")
    return bool(told)


def elsewhere(backend: Backend, here: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield name and reason of each archive that has events which left the store, and is not among those `here`.

    One that was only a copy is not missed. Raises what the store raises.
    """
    node = plan(tree_of(event_code=ARCHIVED)).engine
    told = (stored for partition in backend.holdings() for page in pages(backend, partition, node) for stored in page)
    last = {tell["archive"]: tell for tell in map(_context, told) if tell.get("archive")}
    for name, tell in sorted(last.items()):
        if tell.get("removed") and name not in here:
            where = f"it was written to {tell['folder']}" if tell.get("folder") else "look for it"
            yield name, f"{tell['events']:,} events left the store for it; {where}"


def _context(stored: Stored) -> dict[str, Any]:
    context: dict[str, Any] = orjson.loads(stored.canonical)["context"]
    return context
