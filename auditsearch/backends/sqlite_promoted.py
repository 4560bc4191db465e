"""Promoted fields in the SQLite file: written with each event, and made anew when the settings name others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from auditsearch.backends.base import Finding
from auditsearch.backends.health import misfits
from auditsearch.backends.sqlite_file import Connection
from auditsearch.document import Document, document
from auditsearch.promoted import signature

BATCH = 500
"""Events of one transaction of a rebuild: others write between two of them."""


def insert(connection: Connection, keyed: Iterable[tuple[int, Document]]) -> None:
    """Store the promoted fields of events by key."""
    for key, one in keyed:
        rows = [(name, key, value) for name, values in one.promoted.items() for value in values]
        connection.executemany("INSERT INTO promoted (name, event, value) VALUES (?, ?, ?)", rows)
        connection.executemany("INSERT INTO misfit (name, event) VALUES (?, ?)", [(name, key) for name in one.misfits])


def findings(connection: Connection) -> list[Finding]:
    """What somebody should know of the promoted fields."""
    found = misfits(connection.execute("SELECT name, count(*) FROM misfit GROUP BY name").fetchall())
    if _made_for(connection, "promoted") == signature():
        return found
    sentence = f"The events in {connection.path} were stored for other PROMOTED or SEARCH_LANGUAGES than set."
    return [Finding("warning", sentence, "Run auditsearch_rebuild."), *found]


def rebuild(connection: Connection, progress: Callable[[int, int], None]) -> int:
    """Make the promoted fields of all events anew, killed and resumed at will; returns how many events there are."""
    (total,) = connection.execute("SELECT count(*) FROM event").fetchone()
    wanted, done = signature(), 0
    begun, _, last = (_made_for(connection, "rebuild") or "").rpartition(" ")
    key: int | None = int(last) if begun == wanted else 0
    while key is not None:
        connection.execute("BEGIN IMMEDIATE")
        key, number = _batch(connection, key)
        if key is None:
            _note(connection, "promoted", wanted)
            connection.execute("DELETE FROM made_for WHERE name = 'rebuild'")
        else:
            _note(connection, "rebuild", f"{wanted} {key}")
        connection.execute("COMMIT")
        done += number
        progress(done, total)
    return int(total)


def _batch(connection: Connection, after: int) -> tuple[int | None, int]:
    sql = (
        "SELECT key, canonical, partition, side FROM event JOIN body ON body.event = key "
        "LEFT JOIN personal ON personal.event = key WHERE key > ? ORDER BY key LIMIT ?"
    )
    rows = connection.execute(sql, (after, BATCH)).fetchall()
    if not rows:
        return None, 0
    for table in ("promoted", "misfit"):
        names = [name for (name,) in connection.execute(f"SELECT DISTINCT name FROM {table}")]  # noqa: S608
        ranges = [(name, rows[0][0], rows[-1][0]) for name in names]
        connection.executemany(f"DELETE FROM {table} WHERE name = ? AND event BETWEEN ? AND ?", ranges)  # noqa: S608
    insert(connection, [(key, document(*event)) for key, *event in rows])
    return rows[-1][0], len(rows)


def _made_for(connection: Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM made_for WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def _note(connection: Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO made_for (name, value) VALUES (?, ?)", (name, value))
