"""Taking events out of the store: a whole partition where all of it goes, else one by one, in batches of our own.

A partition that is dropped stands in the ledger before it goes, so that what comes late for it is settled as expired
and not written anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import suppress
from itertools import islice

from django.db import connections

from auditsearch import outbox
from auditsearch.backends.base import Backend
from auditsearch.backlog import migrated
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.lock import Locked, locked
from auditsearch.life.spans import is_over
from auditsearch.models import DroppedPartition, OutboxRow, State
from auditsearch.notes import noted

BATCH = 1000
"""Events that are taken away at once."""


class Refused(AuditSearchError):
    """Events may not be removed now; the message says why, and nothing of this partition was."""


def waiting(partition: str) -> int:
    """Return how many outbox rows wait for a partition, in all databases."""
    return sum(_waiting(alias, partition) for alias in filter(migrated, outbox.aliases()))


def drop(backend: Backend, partition: str, holding: int) -> bool:
    """Drop a partition that holds exactly `holding` events. False if it may not be dropped whole: nothing was changed.

    Raises Refused where events wait for it.
    """
    if not is_over(partition, time.time_ns() // 1000):
        return False
    mark(partition)
    try:
        if number := waiting(partition):
            raise Refused(f"{number:,} events wait in the outbox for {partition}: ship them first.")
        done = backend.drop_partition(partition, holding=holding)
    except BaseException:
        with suppress(AuditSearchError):  # where the store can't be asked, `heal` does it in the next run
            if partition in backend.holdings():
                backend.reopen(partition)
                unmark(partition)
        raise
    if not done:
        unmark(partition)
        return False
    for alias in filter(migrated, outbox.aliases()):
        OutboxRow.objects.using(alias).filter(partition=partition, state=State.SHIPPED)._raw_delete(alias)
    return True


def delete(backend: Backend, partition: str, ids: Iterable[str], alive: Callable[[], None] = lambda: None) -> int:
    """Take events away one by one; returns how many were there."""
    done, left = 0, iter(ids)
    while some := list(islice(left, BATCH)):
        alive()
        done += backend.delete(partition, some)
        _forget(some)
    return done


def heal(backend: Backend, but: Container[str] = ()) -> list[str]:
    """Open partitions again that a killed run left marked as dropped, while they are there; returns which."""
    marked = {name for alias in filter(migrated, outbox.aliases()) for name in outbox.dropped(alias)}
    left = [name for name in backend.holdings() if name in marked and name not in but]
    for partition in left:
        with suppress(Locked), locked(partition, "opening again"):
            unmark(partition)
            backend.reopen(partition)
    return left


def mark(partition: str) -> None:
    """Write a partition into the ledger of dropped ones, in each database."""
    for alias in filter(migrated, outbox.aliases()):
        DroppedPartition.objects.using(alias).get_or_create(name=partition)


def unmark(partition: str) -> None:
    """Take a partition out of the ledger: it lives, or lives again."""
    for alias in filter(migrated, outbox.aliases()):
        DroppedPartition.objects.using(alias).filter(name=partition).delete()


def _forget(ids: Sequence[str]) -> None:
    """Take away what the outbox keeps of removed events, so that shipping again does not bring them back."""
    for alias in filter(migrated, outbox.aliases()):
        for start in range(0, len(ids), outbox.SLICE):
            some = ids[start : start + outbox.SLICE]
            OutboxRow.objects.using(alias).filter(state=State.SHIPPED, event_id__in=some)._raw_delete(alias)


def _waiting(alias: str, partition: str) -> int:
    rows = OutboxRow.objects.using(alias).filter(partition=partition, state=State.WAITING)
    done = {(note.pk, note.event_id) for note in noted(alias, connections[alias].vendor)}
    if not done:
        return rows.count()
    return sum((pk, event_id) not in done for pk, event_id in rows.values_list("pk", "event_id").iterator())
