"""Shipping: claim rows, derive their documents, hand them to the store, settle each by what became of it.

No lock or transaction is held while sending. While batches are on their way to a server, the next is made ready.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from auditsearch import outbox
from auditsearch.backends.base import Backend, Outcome, Settled
from auditsearch.conf import settings
from auditsearch.document import Document, document
from auditsearch.outbox import Row
from auditsearch.queue import Queue, queue_of
from auditsearch.quiet import quietly

WINDOW = 2
"""Batches on their way to a server at once, while it takes all: it is never idle, whatever a batch costs us."""

NOT_YET = (Settled.RETRY, Settled.UNPROVEN)
"""Fates after which a row is sent again."""


@dataclass
class Shipped:
    """What one run did: events by fate, and how often each reason was given for another fate than shipped.

    `busy`: another process of this host was at it, and has the rows.
    """

    counts: Counter[Settled] = field(default_factory=Counter)
    reasons: Counter[tuple[Settled, str]] = field(default_factory=Counter)
    under_replicated: int = 0
    busy: bool = False

    @property
    def done(self) -> int:
        """Events that need not be sent again."""
        return sum(n for settled, n in self.counts.items() if settled not in NOT_YET)

    @property
    def put_off(self) -> int:
        """Events that must be sent again."""
        return self.counts.total() - self.done

    def __add__(self, other: Shipped) -> Shipped:
        return Shipped(
            self.counts + other.counts,
            self.reasons + other.reasons,
            self.under_replicated + other.under_replicated,
            self.busy or other.busy,
        )

    def add(self, outcomes: Sequence[tuple[Row, Outcome]]) -> None:
        """Count the outcomes of one batch."""
        self.counts.update(outcome.settled for _, outcome in outcomes)
        self.reasons.update((outcome.settled, outcome.reason) for _, outcome in outcomes if outcome.reason)
        self.under_replicated += sum(outcome.under_replicated for _, outcome in outcomes)


class Batch(NamedTuple):
    """Claimed rows: documents to send, the rows behind them, and the fate of those that are no document."""

    rows: list[Row]
    documents: list[Document]
    failed: list[tuple[Row, Outcome]]
    dropped: frozenset[str]


NOTHING = Batch([], [], [], frozenset())


Sent = tuple[Batch, Callable[[], list[Outcome]]]
"""A batch on its way, and what waits for its answer; that raises what the store raised."""


class Flight(threading.Thread):
    """One batch on its way to a server, in a thread of its own: waiting for an answer leaves the processor free."""

    def __init__(self, backend: Backend, batch: Batch) -> None:
        super().__init__(name="auditsearch-flight", daemon=True)
        self.backend, self.batch = backend, batch
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.outcomes = _index(self.backend, self.batch)
        except BaseException as error:  # raised again by `land`
            self.error = error

    def land(self) -> list[Outcome]:
        """Wait for the answer. Raises what the store raised."""
        self.join()
        if self.error is not None:
            raise self.error
        return self.outcomes


@quietly()  # a client logs what it sends, and that must not be sent again
def drain(
    using: str,
    backend: Backend,
    limit: int | None = None,
    *,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Shipped], None] = lambda shipped: None,
    tidy: bool = True,
) -> Shipped:
    """Ship what waits in the database `using`, oldest first, at most `limit` rows, until `stop()`.

    `progress` is told after each batch. With `tidy`, shipped rows that need not be kept are removed at the end. Raises
    BackendUnavailable and ConfigurationError; the rows then wait on. Ends early where a whole batch is put off.
    """
    shipped, pace = Shipped(), _Pace(limit, 1 if backend.embedded else WINDOW)
    with queue_of(using, keep=outbox.keep_hours(backend.embedded)) as queue:
        shipped.busy = queue.busy
        air: deque[Sent] = deque()
        ready = _prepare(queue, using, pace)
        try:
            while air or ready.rows:
                if ready.rows and len(air) < pace.window:
                    air.append(_send(backend, ready))
                    ready = NOTHING if stop() else _prepare(queue, using, pace)
                    continue
                outcomes = _settle(queue, air.popleft())
                shipped.add(outcomes)
                progress(shipped)
                ready = ready if pace.goes_on(outcomes) else NOTHING
        except Exception:
            _settle_rest(queue, air)
            raise
        if tidy:
            queue.tidy()
    return shipped


class _Pace:
    """How many rows the next batch takes, and how many are sent at once: fewer while the store puts some off."""

    def __init__(self, limit: int | None, window: int) -> None:
        self.size: int = settings.BATCH_SIZE
        self.left = limit
        self.widest = window
        self.window = 1  # what the first batch meets is not met by two

    def take(self, claim: Callable[[int], list[Row]]) -> list[Row]:
        wanted = self.size if self.left is None else min(self.size, self.left)
        rows = claim(wanted) if wanted > 0 else []
        if self.left is not None:
            self.left -= len(rows)
        return rows

    def goes_on(self, outcomes: Sequence[tuple[Row, Outcome]]) -> bool:
        put_off = sum(outcome.settled in NOT_YET for _, outcome in outcomes)
        self.size = max(1, self.size // 2) if put_off else min(settings.BATCH_SIZE, self.size * 2)
        self.window = 1 if put_off else self.widest
        return put_off < len(outcomes)


def _prepare(queue: Queue, using: str, pace: _Pace) -> Batch:
    rows = pace.take(queue.claim)
    if not rows:
        return NOTHING
    batch = Batch(rows, [], [], outbox.dropped(using))
    for row in rows:
        try:
            batch.documents.append(_document(row))
        except MemoryError:
            raise
        except Exception as error:  # whatever it is, it is this row's alone
            reason = f"no document can be made of it: {type(error).__name__}"
            batch.failed.append((row, Outcome(row.event_id, Settled.QUARANTINE, reason)))
    return batch


def _document(row: Row) -> Document:
    made = document(row.canonical, row.partition, row.personal)
    if made.id != row.event_id:
        raise ValueError("The row and its text name two events.")
    return made


def _send(backend: Backend, batch: Batch) -> Sent:
    if not backend.embedded and batch.documents:
        with contextlib.suppress(RuntimeError):  # no thread can be started while the process ends
            return batch, Flight(backend, batch).land
    outcomes = _index(backend, batch)
    return batch, lambda: outcomes


def _index(backend: Backend, batch: Batch) -> list[Outcome]:
    return backend.index(batch.documents, dropped=batch.dropped.__contains__) if batch.documents else []


def _settle(queue: Queue, sent: Sent) -> list[tuple[Row, Outcome]]:
    batch, land = sent
    given = {outcome.id: outcome for outcome in land()}
    failed = {row.pk for row, _ in batch.failed}
    unproven = Outcome("", Settled.UNPROVEN, "the store gave no answer for it")
    known = [(row, given.get(row.event_id, unproven)) for row in batch.rows if row.pk not in failed]
    queue.settle([*batch.failed, *known])
    return [*batch.failed, *known]


def _settle_rest(queue: Queue, air: Iterable[Sent]) -> None:
    """One batch failed as a whole; what became of those behind it is written down all the same."""
    for sent in air:
        with contextlib.suppress(Exception):
            _settle(queue, sent)
