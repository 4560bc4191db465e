"""The draft of an event: made where something happens, open to change until it is frozen into its outbox row."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import orjson
from django.db import connections

from auditsearch import canonical, outbox
from auditsearch.capture import coalesce, exclude, gap, handlers, indirect, labels, mask, unmigrated
from auditsearch.capture.personal import committed
from auditsearch.capture.rules import beneath, rules
from auditsearch.capture.unsaid import without_secrets
from auditsearch.conf import settings
from auditsearch.context import circumstances, origin
from auditsearch.event import ENVELOPE_STRINGS, SCHEMA, STORED, from_micros, micros, new_id
from auditsearch.insertion import NewRow
from auditsearch.logs import noise
from auditsearch.partition import partition_of
from auditsearch.signals import log_context_signal

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z  # dates and times in UTC as `canonical` writes them


_MEMBERS = ("ts", *(stored for attribute, stored in STORED.items() if attribute not in ("id", "schema", "timestamp")))
_values = attrgetter("ts", *(name for name in STORED if name not in ("id", "schema", "timestamp")))


@dataclass(slots=True)
class Record:
    """One event in the making. Every attribute may be changed; None and empty ones are left out of the document.

    `ts` is microseconds since the epoch, `timestamp` the same as an aware time. `ready` says that context and snapshot
    hold nothing but masked values of plain types, which spares a second look at each of them. `system` says that no
    model tells it; `instance` is the object that a model tells of, `action` the view that is called, `heard` the texts
    by which personal values are known again in sentence, label and context. None of these is stored.
    """

    event_code: str
    event_type: str = "undefined"
    system_type: str = "undefined"
    object_type: str | None = None
    object_id: str | None = None
    object_label: str | None = field(default=None, repr=False)
    request_token: str | None = None
    suid: str | None = None
    user: str | None = None
    ip: str | None = None
    log: str = "main"
    level: str = "INFO"
    logger: str | None = None
    verbose: str | None = field(default=None, repr=False)
    context_data: dict[str, Any] = field(default_factory=dict, repr=False)
    object_snapshot: dict[str, Any] = field(default_factory=dict, repr=False)
    ts: int = field(default_factory=lambda: time.time_ns() // 1000)
    dropped: bool = False
    ready: bool = False
    id: str | None = None
    system: bool = False
    instance: Any = field(default=None, repr=False, compare=False)
    action: Any = field(default=None, repr=False, compare=False)
    heard: Sequence[str] = field(default=(), repr=False, compare=False)

    @property
    def timestamp(self) -> datetime:
        """When it happened, UTC."""
        return from_micros(self.ts)

    @timestamp.setter
    def timestamp(self, moment: datetime) -> None:
        self.ts = micros(moment)

    def drop(self) -> None:
        """Let no event come of it."""
        self.dropped = True

    def place(self) -> None:
        """Fill in who acts, from where, in which request."""
        self.request_token, client_request_id, self.suid, self.user, self.ip = origin()
        if client_request_id:
            self.context_data.setdefault("client_request_id", client_request_id)
        if (known := circumstances()) is not None:
            kind, more = known
            self.system_type = kind if kind and self.system_type == "undefined" else self.system_type
            self.context_data |= more
            if "reason" in more:
                reason = mask.mask_text(more["reason"])
                self.context_data["reason"] = without_secrets(reason, self.instance) if self.instance else reason
        if log_context_signal.receivers:
            handlers.context(self)

    def freeze(self) -> NewRow:
        """Return (event id, partition, canonical JSON text, side object) of the event. Never raises on any value.

        The side object holds what PERSONAL names, None where there is nothing.
        """
        event_id = self.id = self.id or new_id(self.ts)
        text, personal = self._text(event_id)
        return event_id, partition_of(self.ts, log=self.log), text, personal

    def _text(self, event_id: str) -> tuple[str, str | None]:
        members, personal = self._members(event_id), None
        if self.ready:
            ready = members
            if settings.PERSONAL:
                ready, personal = committed(members, self.heard)
            try:
                return orjson.dumps(ready, default=_scalar, option=_OPTIONS).decode(), personal
            except TypeError:  # a lone surrogate, an integer over 64 bits: the careful way
                pass
        members = {name: _careful(name, value) for name, value in members.items()}
        if settings.PERSONAL:
            members, personal = committed(members, self.heard)
        return canonical.dumps(members), personal

    def _members(self, event_id: str) -> dict[str, Any]:
        members = {name: value for name, value in zip(_MEMBERS, _values(self), strict=True) if value}
        return members | {"id": event_id, "schema": SCHEMA}


def _scalar(value: Any) -> Any:
    """Return what `canonical.scalar` does, sooner for a usual number."""
    if type(value) is Decimal:
        text = str(value)
        if len(text) <= 32 and "E" not in text and "N" not in text and "n" not in text:  # no power, NaN or infinity
            return orjson.Fragment(text)
    return canonical.scalar(value)


def write(using: str, drafts: Iterable[Record], connection: Any = None, *, last: bool = False) -> list[str]:
    """Write the outbox rows of drafts that were not dropped, in one INSERT where it can be; return the event ids.

    `connection` is that of `using`, from who has it at hand: to ask Django for it costs as much as a statement's text.
    `last` says that nothing else is said in the transaction, and its end follows.
    """
    if exclude.excluded():
        return []
    if indirect.awaited():
        drafts = list(drafts)
        indirect.resolve(using, drafts)
    if settings.LABEL_QUERIES:
        drafts = list(drafts)
        labels.complete(using, drafts)
    if handlers.connected():
        drafts = list(drafts)
        handlers.finish(drafts)
    if settings.LOGS:
        drafts = noise.kept(using, list(drafts))
    if settings.COALESCE:
        drafts = coalesce.merged(connection or connections[using], list(drafts))
    rows = [draft.freeze() for draft in drafts if not draft.dropped]
    if rows and not unmigrated.missing(using):
        outbox.append(using, rows, connection, last=last)
        if gap.pending:
            gap.close(using)
    return [row[0] for row in rows]


def _careful(name: str, value: Any) -> Any:
    form = canonical.normalise(value)
    if name == "context":
        return mask.masked_context(form)
    if name == "snapshot":
        return mask.masked(form, beneath(rules().paths, name))
    if isinstance(form, str) and name in ("verbose", "object_label"):
        form = mask.masked(form)
    return form if isinstance(form, str) or name not in ENVELOPE_STRINGS else canonical.dumps(form)
