"""Gathering the events of a partition for an archive: each proven by its hash, those of a kind beside each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson

from auditsearch.backends.base import Stored
from auditsearch.backends.scan import Batch
from auditsearch.event import SCHEMA
from auditsearch.life import aside
from auditsearch.life.packing import ArchiveError
from auditsearch.life.reading import personal_of, whole
from auditsearch.life.spool import Spool
from auditsearch.seal.merkle import leaf_hash

FAR = 2**63
"""Microseconds beyond all times."""

BESIDE = b"\0"
"""Between an event and the line of its personal values in the spool, where JSON has none."""

_KIND = re.compile(rb'"event_code":"([^"]*)"(?:.*?"object_type":"([^"]*)")?')


Row = bytes
"""An event as it stands in an archive, without the line's end."""


@dataclass(slots=True)
class Seen:
    """What events have in common: how many, their bytes as lines, the first and last time, the newest schema."""

    events: int = 0
    bytes: int = 0
    first: int = FAR
    last: int = -FAR
    schema: int = 0

    def add(self, stored: Stored, row: Row) -> None:
        """Count one."""
        self.events, self.bytes = self.events + 1, self.bytes + len(row) + 1
        self.first, self.last = min(self.first, stored.ts), max(self.last, stored.ts)
        self.schema = max(self.schema, _schema(row))


def gathered(spool: Spool, found: Iterable[Batch], progress: Callable[[int], None]) -> Seen:
    """Put all events into the spool, in an order in which they pack well. Raises ArchiveError as `line` does."""
    seen = Seen()
    for batch in found:
        for stored, row in _rows(batch):
            seen.add(stored, row)
            personal = personal_of(stored)
            spool.add(_kind(row), row if personal is None else row + BESIDE + aside.line(stored.id, personal))
        progress(seen.events)
    return seen


def line(stored: Stored) -> bytes:
    """Return an event as it stands in an archive. Raises ArchiveError where it is not what was captured."""
    text = whole(stored)
    if text is None:
        raise ArchiveError(
            f"The event {stored.id} was too large for the store, and its row is gone from the outbox: it can't be "
            "archived whole."
        )
    row = text.encode()
    if leaf_hash(row).hex() != stored.leaf:
        raise ArchiveError(f"The event {stored.id} is not what was captured: auditsearch_verify tells of all such.")
    return row


def _rows(batch: Batch) -> list[tuple[Stored, bytes]]:
    try:
        return [(stored, line(stored)) for stored in batch.brief()]
    except ArchiveError:
        return [(stored, line(stored)) for stored in batch.events()]


def _kind(row: bytes) -> bytes:
    """Model and code, as they stand in a line: events of one kind have the same names in them."""
    found = _KIND.search(row)
    return b"%b %b" % (found[2] or b"", found[1]) if found else b""


def _schema(row: bytes) -> int:
    return SCHEMA if b'"schema":%d,' % SCHEMA in row else int(orjson.loads(row).get("schema", SCHEMA))
