"""Writing into the SQLite file: a batch is one transaction and one segment of facts."""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from auditsearch.backends import sqlite_promoted, sqlite_segment, sqlite_words
from auditsearch.backends.base import Outcome, Settled
from auditsearch.backends.order import ENVELOPE
from auditsearch.backends.sqlite_file import Connection
from auditsearch.document import Document

_COLUMNS = ("key", "id", "ts", "partition", "leaf", "clipped", *ENVELOPE)
_EVENT = f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"

_UNFIT = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, OverflowError, UnicodeError)
"""What a document itself may cause: a number over 64 bits, a string that is no text."""


def write(connection: Connection, documents: Sequence[Document], dropped: Callable[[str], bool]) -> list[Outcome]:
    """Store what is new, in one transaction; one outcome each. Halves a batch that holds an unfit document."""
    try:
        return _transaction(connection, documents, dropped)
    except _UNFIT as error:
        if len(documents) == 1:
            return [Outcome(documents[0].id, Settled.QUARANTINE, f"SQLite can't hold it: {type(error).__name__}")]
    half = len(documents) // 2
    return write(connection, documents[:half], dropped) + write(connection, documents[half:], dropped)


def _transaction(
    connection: Connection, documents: Sequence[Document], dropped: Callable[[str], bool]
) -> list[Outcome]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        outcomes, new = _judged(connection, documents, dropped)
        _insert(connection, new)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _judged(
    connection: Connection, documents: Sequence[Document], dropped: Callable[[str], bool]
) -> tuple[list[Outcome], list[Document]]:
    late = {partition for partition in {document.partition for document in documents} if dropped(partition)}
    new: dict[str, Document] = {}
    outcomes = []
    for document in documents:
        there = new.get(document.id)
        leaf = there.leaf if there else _stored_leaf(connection, document.id)
        outcomes.append(_outcome(document, leaf, document.partition in late))
        if leaf is None and document.partition not in late:
            new[document.id] = document
    return outcomes, list(new.values())


def _stored_leaf(connection: Connection, event_id: str) -> str | None:
    row = connection.execute("SELECT leaf FROM event WHERE id = ?", (event_id,)).fetchone()
    return row[0] if row else None


def _outcome(document: Document, leaf: str | None, late: bool) -> Outcome:
    if late:
        return Outcome(document.id, Settled.EXPIRED_LATE, "retention dropped its partition")
    if leaf not in (None, document.leaf):
        return Outcome(document.id, Settled.QUARANTINE, "another event is stored under this id")
    return Outcome(document.id, Settled.SHIPPED)


def last_key(connection: Connection) -> int:
    """The greatest key that was ever given out: one that is used again might meet words of the former event."""
    (there,) = connection.execute("SELECT coalesce(max(key), 0) FROM event").fetchone()
    noted = connection.execute("SELECT value FROM made_for WHERE name = 'last key'").fetchone()
    return max(int(there), int(noted[0]) if noted else 0)


def _insert(connection: Connection, documents: list[Document]) -> None:
    keyed = list(enumerate(documents, last_key(connection) + 1))
    connection.executemany(_EVENT, [_row(key, document) for key, document in keyed])
    connection.executemany("INSERT INTO body (event, canonical) VALUES (?, ?)", [(k, d.canonical) for k, d in keyed])
    sqlite_words.insert(connection, keyed)
    _insert_personal(connection, [(key, document) for key, document in keyed if document.personal])
    sqlite_promoted.insert(connection, keyed)
    sqlite_segment.add(connection, keyed)


def _insert_personal(connection: Connection, keyed: list[tuple[int, Document]]) -> None:
    connection.executemany("INSERT INTO personal (event, side) VALUES (?, ?)", [(k, d.personal) for k, d in keyed])
    words = [(key, document.text_personal) for key, document in keyed]
    connection.executemany("INSERT INTO words_personal (rowid, text) VALUES (?, ?)", words)


def _row(key: int, document: Document) -> tuple[object, ...]:
    envelope = [document.envelope.get(name) for name in ENVELOPE]
    return (key, document.id, document.ts, document.partition, document.leaf, document.clipped, *envelope)
