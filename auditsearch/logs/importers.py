"""Entries of other systems become rows of the outbox, with ids of their own text: so an import can be repeated."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from auditsearch import canonical, outbox
from auditsearch.capture import mask
from auditsearch.capture.personal import committed
from auditsearch.capture.rules import beneath, rules
from auditsearch.conf import settings
from auditsearch.event import SCHEMA, STORED, imported_id, micros
from auditsearch.insertion import NewRow
from auditsearch.logs.format import LogFileError
from auditsearch.logs.lines import Entry, Source
from auditsearch.partition import partition_of

CODE = "log"
"""The event code of an entry that says none of its own."""

MAX_PARTITIONS = 500
"""An import that would make more partitions than this is refused: each is an index that the server must hold open."""

Row = NewRow

_USUAL = {"event_code": CODE, "event_type": "undefined", "system_type": "undefined"}
_FIELDS = set(STORED) - {"id", "schema", "timestamp"}


def check_partitions(partitions: set[str]) -> None:
    """Raise LogFileError where an import would spread over more than 500 partitions."""
    if len(partitions) > MAX_PARTITIONS:
        raise LogFileError(
            f"these events would make {len(partitions):,} partitions, more than {MAX_PARTITIONS}: "
            "say --period year, or import a part of the files"
        )


def written(rows: Iterable[Row]) -> Iterator[int]:
    """Write rows in batches of BATCH_SIZE; yields the number of each when it is committed."""
    using, rows = settings.DATABASE or "default", iter(rows)
    while batch := list(islice(rows, settings.BATCH_SIZE)):
        with transaction.atomic(using):
            outbox.append(using, batch)
        yield len(batch)


def row_of(origin: Source, moment: datetime, entry: Entry, period: str | None = None) -> Row:
    """Return the outbox row of one entry of `origin`. Raises LogFileError where a field is none of an event's."""
    fields = {name: value for name, value in entry.fields.items() if name != "timestamp"}
    ts = fields.pop("ts", None) or micros(moment)
    known = fields.pop("id", None)
    event_id = known or imported_id(canonical.text(origin.source), origin.log, entry.raw, entry.n)
    usual = {**_USUAL, "log": origin.log, "logger": f"auditsearch.{origin.log}"}
    told = origin.format.ready and not entry.broken and not rules().paths
    ready = told and mask.HIDDEN not in entry.fields["verbose"]
    return outbox_row(event_id, ts, usual | fields, period, ready=ready)


def outbox_row(
    event_id: str, ts: int, fields: dict[str, Any], period: str | None = None, *, ready: bool = False
) -> Row:
    """Return the outbox row of an event that happened at `ts` microseconds, masked, in the partition of that time.

    `ready` says that nothing in the fields is to be masked, and that they are plain values of JSON.
    """
    members: dict[str, Any] = {"id": event_id, "ts": ts, "schema": SCHEMA}
    for name, value in fields.items():
        if name not in _FIELDS:
            raise LogFileError(_unknown(name))
        members[STORED[name]] = value if ready else _safe(name, value)
    tree = {name: value for name, value in members.items() if value or name in ("ts", "schema")}
    tree, personal = committed(tree) if settings.PERSONAL else (tree, None)
    return (
        event_id,
        partition_of(ts, window=None, period=period, log=fields.get("log")),
        canonical.dumps(tree),
        personal,
    )


def _safe(name: str, value: Any) -> Any:
    form = canonical.normalise(value)
    if name in ("context_data", "object_snapshot"):
        return mask.masked(form, beneath(rules().paths, STORED[name]))
    if form is None or isinstance(form, str):
        return mask.mask_text(form) if name == "verbose" and form else form
    return canonical.dumps(form)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, sorted(_FIELDS), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return (
        f"the parser returned {name!r}, which is no field of an event. {hint}There are: {', '.join(sorted(_FIELDS))}."
    )
