"""The embedded backend: one SQLite file, found again by indices over facts and by FTS5 over ready words."""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any

from auditsearch.backends import sqlite_count, sqlite_promoted, sqlite_words
from auditsearch.backends.base import (
    TOTAL,
    After,
    Facets,
    Finding,
    Histogram,
    Hit,
    Interval,
    Outcome,
    Page,
    Settled,
    Sort,
    Status,
    never_dropped,
)
from auditsearch.backends.order import beyond, checked, expression, order_by
from auditsearch.backends.pool import Pool
from auditsearch.backends.sqlite_clause import Clause, clause
from auditsearch.backends.sqlite_file import VERSION, Connection, connect, explained, is_locked
from auditsearch.backends.sqlite_question import Question
from auditsearch.backends.sqlite_upkeep import Upkeep
from auditsearch.backends.sqlite_write import write
from auditsearch.document import Document
from auditsearch.exceptions import AuditSearchError, BackendUnavailable
from auditsearch.query.algebra import all_of
from auditsearch.query.tree import Node


class SQLiteBackend(Upkeep):
    """All events in one file at `path`; any number of threads and processes may use it at once."""

    embedded = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self._pool = Pool(lambda: connect(self.path))

    def setup(self) -> list[str]:
        """Make the file, repeatably; returns a sentence where that was done."""
        made = not self.path.exists()
        with self._connection():
            return [f"made {self.path}"] if made else []

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Store each document exactly once, in one transaction; one outcome each, in their order."""
        try:
            with self._connection() as connection:
                outcomes = write(connection, documents, dropped)
                gone = not connection.is_current()
        except BackendUnavailable as error:
            if not is_locked(error.__cause__):
                raise
            return _later(documents, "the file is locked by another process")
        return _later(documents, "the file was removed meanwhile") if gone else outcomes

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
        """One page of hits. With `total`, counted up to 10,000 "or more"; with `personal`, with their side objects."""
        checked(order)
        with self._snapshot() as connection:
            asked = clause(connection, node)
            hits = _hits(connection, asked, order, after, limit, personal)
            doubtful = Question(connection, all_of((node, doubt))).count() if doubt else 0
        return Page(hits, min(asked.number, TOTAL) if total else None, asked.number <= TOTAL, doubtful)

    def count(self, node: Node) -> int:
        """Exact number of events that fit."""
        with self._snapshot() as connection:
            return Question(connection, node).count()

    def facets(self, node: Node, field: str, *, size: int = 10) -> Facets:
        """The most frequent values of a column."""
        with self._snapshot() as connection:
            return sqlite_count.facets(connection, clause(connection, node), field, size)

    def histogram(self, node: Node, interval: Interval, zone: tzinfo) -> Histogram:
        """Events by time."""
        with self._snapshot() as connection:
            return sqlite_count.histogram(connection, clause(connection, node), interval, zone)

    def refresh(self) -> None:
        """Nothing waits: a commit is seen by every later question."""

    def status(self) -> Status:
        """Whether the file can be read and written, by whom else, and how many events it holds."""
        try:
            with self._connection() as connection:
                (events,) = connection.execute("SELECT count(*) FROM event").fetchone()
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
                promoted = sqlite_promoted.findings(connection)
        except AuditSearchError as error:
            return Status(None, [Finding("error", str(error))])
        told = [Finding("ok", f"{events} events in {self.path}, schema {VERSION}"), *self._exposed(), *promoted]
        return Status(events, told)

    def rebuild(self, progress: Callable[[int, int], None]) -> int:
        """Make the promoted fields of all events anew, in small transactions; returns how many events there were.

        Before, the words of those that were stored for other languages.
        """
        with self._connection() as connection:
            (events,) = connection.execute("SELECT count(*) FROM event").fetchone()
            sqlite_words.rebuild(connection, lambda done: progress(done, events))
            return sqlite_promoted.rebuild(connection, progress)

    def close(self) -> None:
        """Close the file; the next call opens it anew."""
        self._pool.close()

    @contextmanager
    def _connection(self, *, asking: bool = False) -> Iterator[Connection]:
        with explained(self.path, asking=asking), self._pool.connection() as connection:
            yield connection

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """A connection that sees one state of the file."""
        with self._connection(asking=True) as connection:
            connection.execute("BEGIN")
            yield connection
            connection.execute("COMMIT")

    def _exposed(self) -> list[Finding]:
        if not self.path.stat().st_mode & 0o077:
            return []
        return [Finding("warning", f"others may read {self.path}", f"chmod 600 {self.path}")]


def _later(documents: Sequence[Document], reason: str) -> list[Outcome]:
    return [Outcome(document.id, Settled.RETRY, reason) for document in documents]


def _hits(
    connection: Connection,
    clause: Clause,
    order: Sequence[Sort],
    after: After | None,
    limit: int,
    personal: bool,
) -> list[Hit]:
    names = ", ".join(map(expression, order))
    rest = f" AND {beyond(order, after)}" if after is not None else ""
    sql = (
        f"SELECT key, clipped, {names} FROM event "
        f"WHERE {clause.condition}{rest} ORDER BY {order_by(order)} LIMIT :limit"
    )
    values: dict[str, Any] = {**clause.values} | {f"after{n}": value for n, value in enumerate(after or ())}
    return [_hit(connection, row, personal) for row in connection.execute(sql, values | {"limit": limit}).fetchall()]


def _hit(connection: Connection, row: tuple[Any, ...], personal: bool) -> Hit:
    key, clipped, *after = row
    side = connection.execute("SELECT side FROM personal WHERE event = ?", (key,)).fetchone() if personal else None
    (canonical,) = connection.execute("SELECT canonical FROM body WHERE event = ?", (key,)).fetchone()
    return Hit(canonical, tuple(after), frozenset({"clipped"} if clipped else ()), side[0] if side else None)
