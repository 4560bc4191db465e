"""How a shipper takes rows: by leases in the database, or under a file lock where writing would disturb requests."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self

from django.db import connections

from auditsearch import outbox
from auditsearch.backends.base import Outcome, Settled
from auditsearch.conf import settings
from auditsearch.hostlock import lock_path
from auditsearch.notes import DUE, Note, Notes, noted
from auditsearch.outbox import Row

MOST_NOTES = 5000
"""Notes that a long run gathers before it removes their rows itself."""

MOST_PURGES = 100
"""How often one run removes a thousand rows: as many must go as come."""

SHIPPED = (Settled.SHIPPED, Settled.DEGRADED)
"""Fates after which a row is not needed any more."""


class Queue(Protocol):
    """The waiting rows of one database, oldest first. `busy`: another process of this host has them."""

    busy: bool

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def claim(self, n: int) -> list[Row]:
        """Take at most `n` rows that nobody has, for this run only."""

    def settle(self, outcomes: Sequence[tuple[Row, Outcome]]) -> None:
        """Write down what became of rows that were claimed."""

    def tidy(self) -> None:
        """Remove what was shipped and need not be kept."""


def queue_of(using: str, *, keep: float) -> Queue:
    """Return the queue that suits the database `using`; shipped rows stay for `keep` hours."""
    return Noted(using, keep) if connections[using].vendor == "sqlite" else Leased(using, keep)


class Leased:
    """Rows leased in the database: any number of shippers on any number of hosts."""

    busy = False

    def __init__(self, using: str, keep: float) -> None:
        self.using, self.keep = using, keep
        self.token = secrets.token_hex(16)
        self.held: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.held:
            outbox.release(self.using, self.token, self.held)

    def claim(self, n: int) -> list[Row]:
        rows = outbox.claim(self.using, self.token, n)
        self.held.update(row.pk for row in rows)
        return rows

    def settle(self, outcomes: Sequence[tuple[Row, Outcome]]) -> None:
        outbox.settle(self.using, self.token, outcomes, keep=self.keep)
        self.held.difference_update(row.pk for row, _ in outcomes)

    def tidy(self) -> None:
        for _ in range(MOST_PURGES):
            if outbox.purge(self.using, self.keep) < outbox.PURGE:
                break


class Noted:
    """Rows of an SQLite database, taken under a lock on a file: shipping alone writes nothing to the database."""

    def __init__(self, using: str, keep: float) -> None:
        self.using, self.keep = using, keep
        self.notes = Notes(lock_path(using))
        self.noted: set[Note] = set()
        self.taken: set[Note] = set()
        self.last = 0  # the last claimed row, from which the next ones are looked for until rows were removed
        self.busy = False

    def __enter__(self) -> Self:
        self.busy = not self.notes.__enter__()
        if not self.busy:
            self._recall()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self.notes.path is None and error is None:
                self.tidy()
        finally:
            self.notes.__exit__(kind, error, trace)

    def claim(self, n: int) -> list[Row]:
        if self.busy:
            return []
        rows = self._behind(n) or self._oldest(n)
        self.taken.update(Note(row.pk, row.event_id) for row in rows)
        self.last = rows[-1].pk if rows else 0
        return rows

    def settle(self, outcomes: Sequence[tuple[Row, Outcome]]) -> None:
        shipped = [Note(row.pk, row.event_id) for row, outcome in outcomes if outcome.settled in SHIPPED]
        self.notes.add(shipped)
        self.noted.update(shipped)
        self.taken.difference_update(shipped)
        rest = [(row, outcome) for row, outcome in outcomes if outcome.settled not in SHIPPED]
        outbox.settle(self.using, None, rest, keep=self.keep)
        if len(self.noted) >= MOST_NOTES:
            self.tidy()

    def tidy(self) -> None:
        if self.busy:
            return
        outbox.remove(self.using, sorted(self.noted), keep=self.keep)
        outbox.purge(self.using, self.keep)
        self.notes.replace([])
        self.noted.clear()
        self.last = 0

    def _behind(self, n: int) -> list[Row]:
        """What follows the last claimed row, without looking through all that is noted."""
        rows = outbox.following(self.using, self.last, n) if self.last else ()
        return _within((row for row in rows if not self._has(row.pk, row.event_id)), settings.BATCH_BYTES)

    def _oldest(self, n: int) -> list[Row]:
        known = len(self.noted) + len(self.taken)
        turn = outbox.ready(self.using).order_by("not_before", "id").values_list("pk", "event_id")[: n + known]
        free = [pk for pk, event in turn if not self._has(pk, event)]
        return _within(outbox.read(self.using, free[:n]), settings.BATCH_BYTES)

    def _has(self, pk: int, event: str) -> bool:
        """Two rows may be of one event, as where a file is imported again: each has its turn."""
        return Note(pk, event) in self.noted or Note(pk, event) in self.taken

    def _recall(self) -> None:
        notes = self.notes.read()
        if len(notes) >= DUE:
            notes = outbox.unremoved(self.using, notes)
            self.notes.replace(notes)
        self.noted = set(notes)


def _within(rows: Iterable[Row], size: int) -> list[Row]:
    """The first rows whose texts stay within `size`, at least one; no more is read than that."""
    taken: list[Row] = []
    for row in rows:
        size -= len(row.canonical)
        if taken and size < 0:
            break
        taken.append(row)
    return taken


def any_left(using: str) -> bool:
    """Return whether rows wait in the database `using` that could be shipped now."""
    notes = set(noted(using, connections[using].vendor))
    turn = outbox.ready(using).order_by("not_before", "id").values_list("pk", "event_id")
    return any(Note(*row) not in notes for row in turn[: len(notes) + 1])
