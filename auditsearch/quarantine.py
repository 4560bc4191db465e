"""Rows that stay in the outbox until a person acts: looked at, sent again or dropped. Both acts are audit events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from auditsearch.canonical import leaf
from auditsearch.capture.actions import record
from auditsearch.life import holds
from auditsearch.life.removal import Refused
from auditsearch.models import OutboxRow, State
from auditsearch.outbox import SLICE, slices

HELD = (State.QUARANTINED, State.TRUNCATED, State.EXPIRED_LATE)
"""States that only a person ends."""

Rows = QuerySet[OutboxRow]

RETRIED, DROPPED = "outbox_retried", "outbox_dropped"
"""Codes of the audit events that tell what was done."""


def held(using: str, states: Iterable[str] = HELD, events: Sequence[str] | None = None) -> Rows:
    """Rows of the database `using` in these states, oldest first; only those of `events` (ids) where they are given."""
    rows = OutboxRow.objects.using(using).filter(state__in=[*states]).order_by("id")
    return rows if events is None else rows.filter(event_id__in=events)


def retry(using: str, rows: Rows) -> int:
    """Let held rows wait for the next shipment as if they were new; return how many."""
    return sum(_retry(using, some) for some in _sliced(rows))


def drop(using: str, rows: Rows) -> int:
    """Remove held rows for good; return how many. The audit event keeps id, state, reason and hash of each.

    Raises Refused, and removes none of this database's, where one of them is under a legal hold.
    """
    if bound := holds.in_force():
        kept = [row.event_id for row in rows.iterator(chunk_size=SLICE) if holds.holding(bound, row.canonical)]
        if kept:
            raise Refused(f"Under a legal hold, which nothing may remove: {', '.join(kept[:5])} ({len(kept)} in all).")
    return sum(_drop(using, some) for some in _sliced(rows))


def _retry(using: str, pks: list[int]) -> int:
    with transaction.atomic(using):
        rows = _locked(using, pks)
        for some in _written(using, rows):
            some.update(state=State.WAITING, attempts=0, not_before=Now(), shipped_at=None)
        _tell(using, RETRIED, "sent again", rows)
    return len(rows)


def _drop(using: str, pks: list[int]) -> int:
    with transaction.atomic(using):
        rows = _locked(using, pks)
        for some in _written(using, rows):
            some._raw_delete(using)
        _tell(using, DROPPED, "dropped from the outbox", rows)
    return len(rows)


def _locked(using: str, pks: list[int]) -> list[OutboxRow]:
    """Those that are still held: another operator may have been quicker."""
    some = (held(using).filter(pk__in=keys).select_for_update() for keys in slices(using, pks))
    return [row for rows in some for row in rows]


def _written(using: str, rows: Sequence[OutboxRow]) -> Iterable[Rows]:
    """The rows again, as many at once as the database writes without looking through its table."""
    return (OutboxRow.objects.using(using).filter(pk__in=some) for some in slices(using, [row.pk for row in rows]))


def _tell(using: str, code: str, done: str, rows: Sequence[OutboxRow]) -> None:
    if rows:
        told = [{"id": r.event_id, "state": r.state, "reason": r.error, "leaf": leaf(r.canonical)} for r in rows]
        record(code, verbose=f"{len(rows)} held events {done}", level="WARNING", using=using, events=told)


def _sliced(rows: Rows) -> Iterable[list[int]]:
    pks = list(rows.values_list("pk", flat=True))
    return (pks[start : start + SLICE] for start in range(0, len(pks), SLICE))
