"""Whether an archive is the one that the log tells of: who makes files and manifest anew does not change that event."""

from __future__ import annotations

import orjson

from auditsearch.backends.base import Backend, Sort
from auditsearch.life.archive import ARCHIVED
from auditsearch.life.manifest import Manifest
from auditsearch.life.packing import ArchiveError
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan

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
