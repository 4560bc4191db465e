"""The outbox: rows written with the change they tell of, leased by shippers, settled one by one.

All times are the database's clock, compared by the database, so that hosts whose clocks differ agree on a lease.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError, connections, router, transaction
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.functions import Length, Now

from auditsearch import delivery, fallback, notes
from auditsearch.backends.base import Outcome, Settled
from auditsearch.conf import settings
from auditsearch.exceptions import ConfigurationError
from auditsearch.insertion import NewRow, batches, execute
from auditsearch.models import DroppedPartition, OutboxRow, State

PURGE = 1000
"""Rows that are removed at once after their time, so that no transaction is long."""

SLICE = 400
"""Keys in one `IN (...)`: the oldest SQLite takes 999 parameters."""

FREE = Q(lease_until=None) | Q(lease_until__lt=Now())
"""Leased to nobody, or to one whose time is over."""

STATES = {
    Settled.TRUNCATED: State.TRUNCATED,
    Settled.QUARANTINE: State.QUARANTINED,
    Settled.EXPIRED_LATE: State.EXPIRED_LATE,
}
"""Fate of a document -> state in which its row stays until somebody acts."""


class Row(NamedTuple):
    """A claimed row. What `personal` is, no traceback shows."""

    pk: int
    event_id: str
    partition: str
    canonical: str
    attempts: int
    personal: str | None = None

    def __repr__(self) -> str:
        return f"<Row {self.pk} {self.event_id}>"


def append(using: str, rows: Sequence[NewRow], connection: Any = None, *, last: bool = False) -> None:
    """Write (event_id, partition, canonical, personal) rows in the transaction that is open on `using`.

    One INSERT, unless the database's limit of parameters asks for more. Raises ConfigurationError where the table is
    missing, and the database's own errors, so that the change is rolled back with its event; under POLICY "degrade" the
    events then go to FALLBACK_FILE, and the change stays. `connection` is that of `using`, where it is at hand;
    `last` says that its transaction ends right after.
    """
    alias = settings.DATABASE or using
    if settings.POLICY == "degrade":
        fallback.write(using, alias, rows, insert)
    else:
        insert(alias, rows, connection if alias == using else None, last=last and alias == using)


def insert(alias: str, rows: Sequence[NewRow], connection: Any = None, *, last: bool = False) -> None:
    """Write rows to the outbox of the database `alias`. Raises as `append` does."""
    connection = connection or connections[alias]
    try:
        for batch in batches(rows, connection.features.max_query_params) if len(rows) != 1 else (rows,):
            execute(connection, batch, last=last and len(rows) == 1)
    except DatabaseError as error:
        if remedy := missing(error, alias):
            raise remedy from error
        raise
    if connection.vendor == "sqlite" and (noted := notes.due(alias)):
        keep = keep_hours(delivery.embedded())
        remove(alias, noted, keep=keep)
        purge(alias, keep)
    delivery.ring(connection)


def claim(using: str, token: str, n: int) -> list[Row]:
    """Lease the `n` oldest rows whose turn it is to `token`, fewer where their texts exceed BATCH_BYTES."""
    skip_locked = connections[using].features.has_select_for_update_skip_locked
    with transaction.atomic(using) if skip_locked else nullcontext():
        free = ready(using).order_by("not_before", "id")
        free = free.select_for_update(skip_locked=True) if skip_locked else free
        pks = _cut(free.values_list("pk", Length("canonical"))[:n])
        for some in slices(using, pks):
            until = Now() + timedelta(seconds=settings.LEASE_SECONDS)
            waiting(using, some).filter(FREE).update(lease_token=token, lease_until=until)
    return read(using, pks, lease_token=token)


def settle(using: str, token: str | None, outcomes: Iterable[tuple[Row, Outcome]], *, keep: float = 0) -> int:
    """Write down what became of rows that are still leased to `token`; return how many were.

    Rows whose lease another shipper has taken over are left to that one. Shipped rows stay for `keep` hours.
    """
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row, outcome in outcomes:
        retry = outcome.settled in (Settled.RETRY, Settled.UNPROVEN)
        alike[outcome.settled, outcome.reason[:2000], row.attempts if retry else 0].append(row.pk)
    with together(using):
        return sum(
            _settle(waiting(using, some).filter(lease_token=token), *fate, keep=keep)
            for fate, pks in alike.items()
            for some in slices(using, pks)
        )


def release(using: str, token: str, pks: Iterable[int]) -> None:
    """Give back, untried, rows that are still leased to `token`."""
    for some in slices(using, list(pks)):
        waiting(using, some).filter(lease_token=token).update(lease_token=None, lease_until=None)


def purge(using: str, keep: float) -> int:
    """Delete at most 1,000 rows that were shipped more than `keep` hours ago; return how many."""
    shipped = OutboxRow.objects.using(using).filter(state=State.SHIPPED, not_before__lte=Now() - timedelta(hours=keep))
    pks = list(shipped.order_by("not_before").values_list("pk", flat=True)[:PURGE])
    with together(using):
        return sum(shipped.filter(pk__in=some)._raw_delete(using) for some in slices(using, pks))


def remove(using: str, shipped: Iterable[notes.Note], *, keep: float) -> None:
    """Settle rows that are noted as shipped, as `settle` does, 1,000 in a transaction."""
    for many in _sliced(list(shipped), PURGE):
        with transaction.atomic(using):
            for some in _sliced(many):
                rows = waiting(using, [note.pk for note in some])
                _settle(rows.filter(event_id__in=[note.event_id for note in some]), Settled.SHIPPED, "", 0, keep=keep)


def unremoved(using: str, shipped: Sequence[notes.Note]) -> list[notes.Note]:
    """Return those notes whose rows are still there."""
    there: set[tuple[int, str]] = set()
    for some in _sliced(shipped):
        rows = waiting(using, [note.pk for note in some])
        there.update(rows.values_list("pk", "event_id"))
    return [note for note in shipped if note in there]


def ready(using: str) -> QuerySet[OutboxRow]:
    """Rows whose turn it is, and that nobody holds."""
    return OutboxRow.objects.using(using).filter(FREE, state=State.WAITING, not_before__lte=Now())


def following(using: str, last: int, n: int) -> Iterator[Row]:
    """The next `n` rows in turn behind the row `last`; none where that is gone, and none that came late before it."""
    of_last = Subquery(OutboxRow.objects.using(using).filter(pk=last).values("not_before")[:1])
    behind = Q(not_before__gt=of_last) | Q(not_before=of_last, pk__gt=last)
    turn = ready(using).filter(behind, not_before__gte=of_last).order_by("not_before", "id")
    return (Row(*row) for row in turn.values_list(*Row._fields)[:n].iterator(chunk_size=100))


def waiting(using: str, pks: Sequence[int]) -> QuerySet[OutboxRow]:
    """Those of these rows that still wait."""
    # Said by exclusion, for else SQLite looks through all that wait by their index, a million after an outage.
    others = [state for state in State if state is not State.WAITING]
    return OutboxRow.objects.using(using).filter(pk__in=pks).exclude(state__in=others)


def read(using: str, pks: Sequence[int], **held: str) -> list[Row]:
    """Read rows in the order of `pks`."""
    found: dict[int, Row] = {}
    for some in _sliced(pks):
        rows = OutboxRow.objects.using(using).filter(pk__in=some, **held)
        found |= {row[0]: Row(*row) for row in rows.values_list(*Row._fields)}
    return [found[pk] for pk in pks if pk in found]


def dropped(using: str) -> frozenset[str]:
    """Return the names in the ledger of dropped partitions."""
    return frozenset(DroppedPartition.objects.using(using).values_list("name", flat=True))


def aliases() -> list[str]:
    """Return the databases that may hold an outbox."""
    if settings.DATABASE:
        return [settings.DATABASE]
    return [alias for alias in connections if router.allow_migrate_model(alias, OutboxRow)]


def keep_hours(embedded: bool) -> float:
    """Return the hours that shipped rows stay: KEEP_SHIPPED, by default 0 with the embedded store and 24 without."""
    kept = settings.KEEP_SHIPPED
    return (0 if embedded else 24) if kept is None else float(kept)


def missing(error: DatabaseError, using: str) -> ConfigurationError | None:
    """Return the error that names the remedy, if the outbox's table is what is missing."""
    text = str(error)
    if OutboxRow._meta.db_table not in text or not ("no such table" in text or "exist" in text):
        return None
    return ConfigurationError(
        f"The table {OutboxRow._meta.db_table} is missing in the database {using!r}, so its changes can't be audited. "
        f"Run: manage.py migrate --database={using}"
    )


def _settle(rows: QuerySet[OutboxRow], settled: Settled, reason: str, attempts: int, *, keep: float) -> int:
    free: dict[str, Any] = {"lease_token": None, "lease_until": None, "error": reason}
    if settled in (Settled.RETRY, Settled.UNPROVEN):
        return rows.update(attempts=F("attempts") + 1, not_before=Now() + backoff(attempts), **free)
    if settled in STATES:
        sent = Now() if settled is Settled.TRUNCATED else None
        return rows.update(state=STATES[settled], shipped_at=sent, **free)
    if keep:
        return rows.update(state=State.SHIPPED, not_before=Now(), shipped_at=Now(), **free)
    return rows._raw_delete(rows.db)


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 1 s, 2 s, 4 s to 5 minutes, the half of it by chance."""
    longest = min(300, 2 ** min(attempts, 9))
    return timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311 - so that shippers don't come at once


def _cut(sizes: Iterable[tuple[int, int]]) -> list[int]:
    """The first keys whose texts stay within BATCH_BYTES, at least one."""
    pks: list[int] = []
    left = settings.BATCH_BYTES
    for pk, size in sizes:
        left -= size
        if pks and left < 0:
            break
        pks.append(pk)
    return pks


def _sliced(keys: Sequence[Any], size: int = SLICE) -> Iterator[Sequence[Any]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))


def slices(using: str, keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Keys of rows, as many as one statement writes: for more, MariaDB looks through its table and waits for others."""
    return _sliced(keys, 1 if connections[using].vendor == "mysql" else SLICE)


def together(using: str) -> AbstractContextManager[Any]:
    """One transaction, where the rows are written one by one."""
    return transaction.atomic(using) if connections[using].vendor == "mysql" else nullcontext()
