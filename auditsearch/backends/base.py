"""What a backend is: a place where documents are stored once and questions are answered alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol

from auditsearch.backends.flaw import Flaw
from auditsearch.backends.scan import Scan
from auditsearch.backends.space import Space
from auditsearch.document import Document
from auditsearch.query.tree import ALL, Node


class Settled(Enum):
    """What became of one document that was handed to `index`."""

    SHIPPED = "shipped"  # confirmed under this id (created, or there before with the same leaf)
    DEGRADED = "degraded"  # confirmed, with the payload as one unindexed string
    TRUNCATED = "truncated"  # confirmed, the envelope only: the row keeps the rest
    RETRY = "retry"  # the environment's fault: send again later, without a limit
    UNPROVEN = "unproven"  # the answer proves nothing: send again later, and alarm
    QUARANTINE = "quarantine"  # this document can't be stored, or another one has its id
    EXPIRED_LATE = "expired_late"  # its partition was dropped by retention


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fate of one document. `reason` never quotes the document."""

    id: str
    settled: Settled
    reason: str = ""
    under_replicated: bool = False


class Sort(NamedTuple):
    """One sort key and its direction: a stored envelope name, `ts`, `id` or `promoted.<name>`. Missing values are last
    both ways; of several values the smallest counts ascending, the largest descending."""

    field: str
    descending: bool = False


After = tuple[str | int | float | None, ...]
"""The sort values of a hit, beyond which its order goes on."""

TOTAL = 10_000
"""A page's total is counted up to this."""


class Hit(NamedTuple):
    """One found event: its canonical JSON text, and the sort values that resume after it."""

    canonical: str
    after: After
    flags: frozenset[str] = frozenset()  # of clipped, degraded, truncated
    personal: str | None = None  # the side object of what PERSONAL names, where it was asked for


class Page(NamedTuple):
    """At most `limit` hits in order. `total` counts all that fit, at least if not `exact`; None if not asked.

    `doubtful` of those that fit are in doubt, as the question says.
    """

    hits: list[Hit]
    total: int | None = None
    exact: bool = True
    doubtful: int = 0


Value = str | int | float | datetime
"""One value of a column: text in its clipped form; of a promoted field a number or an aware time, too."""

Interval = Literal["year", "month", "week", "day", "hour", "minute"]
"""The stretch of time of one bar; a week begins on Monday."""


class Facets(NamedTuple):
    """How many events have each value of one field: the most frequent values, equal counts by value ascending.

    `total` events fit, `missing` of them have no value, `other` values of events are not listed (an event with two
    values counts twice). Not `exact`: too many different values to be sure of the list and its counts.
    """

    values: list[tuple[Value, int]]
    other: int
    missing: int
    total: int
    exact: bool = True


class Histogram(NamedTuple):
    """How many events lie in each stretch of time: (start, count), without a gap from the first event to the last.

    Starts are microseconds since the epoch; a bar ends where the next one starts, the last one at `end`.
    """

    bars: list[tuple[int, int]]
    end: int = 0
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `status` found: `level` ok, warning or error, a sentence, and the remedy."""

    level: Literal["ok", "warning", "error"]
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """State of the store: `events` stored (None if unknown) and the findings."""

    events: int | None = None
    findings: list[Finding] = field(default_factory=list)


class Stored(NamedTuple):
    """One event as it lies in the store; `body` is what was derived of it, if asked, as `Document.body` has it.

    `leaf` is what the store says, not what `canonical` hashes to: verifying compares the two.
    """

    id: str
    ts: int
    canonical: str
    leaf: str
    flags: frozenset[str]  # of clipped, degraded, truncated
    body: dict[str, Any] | None = None
    personal: str | None = None  # the side object of what PERSONAL names


def never_dropped(partition: str) -> bool:
    """The ledger of dropped partitions of a site without retention."""
    return False


class Backend(Protocol):
    """All methods raise `BackendUnavailable` or `ConfigurationError`, with no document's content in the message.

    `node` holds And, Or, Not, Words, Near, Fact and Column only: `query.plan` has removed the rest. `order` always
    ends with `ts` and `id` in one direction (the caller sees to it). `after` is a `Hit.after` of the same order.
    """

    embedded: bool  # True where no server is needed: delivery is then inline by default
    keeps: frozenset[str] | None  # members of `Document.body` that are in `Stored.body`; None: all, and no more

    def setup(self) -> list[str]:
        """Install what the store needs, repeatably; returns a sentence for each thing done."""

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Store each document exactly once; one outcome each, in their order."""

    def search(
        self,
        node: Node,
        *,
        order: Sequence[Sort],
        after: After | None = None,
        limit: int = 100,
        total: bool = False,
        personal: bool = False,
        doubt: Node | None = None,
    ) -> Page:
        """One page of hits: with `total`, counted up to 10,000 "or more"; with `personal`, with their side objects;
        with `doubt`, with how many of all that fit fit this too."""

    def count(self, node: Node) -> int:
        """Exact number of events that fit."""

    def facets(self, node: Node, field: str, *, size: int = 10) -> Facets:
        """The most frequent values of an envelope name but `verbose` or `promoted.<name>`. Raises UnknownField."""

    def histogram(self, node: Node, interval: Interval, zone: tzinfo) -> Histogram:
        """Events by time of `ts`, in stretches of the wall clock of `zone`.

        Raises QueryError where these would be more than 2,000 (`auditsearch.intervals.MOST`)."""

    def holdings(self) -> dict[str, int]:
        """Events in each partition, of those that `refresh` made visible."""

    def read(
        self,
        partition: str,
        node: Node = ALL,
        *,
        after: tuple[int, str] | None = None,
        limit: int = 1000,
        derived: bool = False,
    ) -> list[Stored]:
        """The next `limit` events of one partition that fit, oldest first, beyond `after`: the `ts` and `id` of one.

        With `derived`, each has its `body`. Raises PartialAnswer."""

    def scan(self, partition: str, node: Node = ALL, place: Any = None) -> Scan:
        """All events of one partition that fit, in batches; from the `place` on that another scan of it has."""

    def flaws(self) -> Iterator[Flaw]:
        """What is wrong with the store beyond the events that `scan` gives."""

    def delete(self, partition: str, ids: Sequence[str]) -> int:
        """Take these events away from a partition; returns how many were there. Done in part where it raises."""

    def drop_partition(self, partition: str, *, holding: int) -> bool:
        """Take a partition away if it holds exactly `holding` events, and none is added meanwhile.

        False if not: then nothing was changed. One that is not there is dropped already."""

    def number(self, partition: str, node: Node = ALL) -> int:
        """Exact number of a partition's events that fit. Raises PartialAnswer."""

    def known(self, partition: str, leaves: Mapping[str, str]) -> int:
        """How many of these events, id -> leaf, a partition has with that leaf. Raises PartialAnswer."""

    def reopen(self, partition: str) -> None:
        """Let events be added again to a partition that a killed `drop_partition` left closed."""

    def space(self) -> Space | None:
        """The room that is left, None if the store can't tell."""

    def refresh(self) -> None:
        """Make all that was stored visible to questions."""

    def status(self) -> Status:
        """Templates, aliases, blocks, health: what `auditsearch_check` prints."""

    def close(self) -> None:
        """Give back connections and files; the next call opens them anew."""
