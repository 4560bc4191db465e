"""What is done to stored events in the SQLite file: read whole, taken away one by one, or a partition at a time."""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from auditsearch.backends import sqlite_flaws, sqlite_words
from auditsearch.backends.base import Stored
from auditsearch.backends.batches import Pages
from auditsearch.backends.flaw import Flaw
from auditsearch.backends.order import ENVELOPE
from auditsearch.backends.scan import Scan
from auditsearch.backends.space import Space
from auditsearch.backends.sqlite_clause import clause
from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_held import FOUND, held
from auditsearch.backends.sqlite_segment import facts_of, strip
from auditsearch.backends.sqlite_write import last_key
from auditsearch.document import document
from auditsearch.query.tree import ALL, Node

BATCH = 500
"""Events that one transaction takes away."""

_BODY = "FROM event JOIN body ON body.event = key LEFT JOIN personal ON personal.event = key"
_EVENT = f"SELECT key, canonical, partition, side {_BODY}"


class Upkeep:
    """The part of `SQLiteBackend` that archives, retention and verifying use."""

    keeps: frozenset[str] | None = frozenset({"id", "ts", "leaf", "facts", "folded", "clipped", *FOUND, *ENVELOPE})
    path: Path

    def holdings(self) -> dict[str, int]:
        """Events in each partition."""
        with self._connection() as connection:
            return dict(connection.execute("SELECT partition, count(*) FROM event GROUP BY partition").fetchall())

    def read(
        self,
        partition: str,
        node: Node = ALL,
        *,
        after: tuple[int, str] | None = None,
        limit: int = 1000,
        derived: bool = False,
    ) -> list[Stored]:
        """The next events of a partition, oldest first."""
        with self._snapshot() as connection:
            asked = clause(connection, node)
            sql = (
                f"SELECT key, id, ts, leaf, clipped, CAST(canonical AS BLOB), side, {', '.join(ENVELOPE)} "
                f"{_BODY} WHERE {asked.condition} AND partition = :partition "
                "AND (ts, id) > (:ts, :id) ORDER BY ts, id LIMIT :limit"
            )
            ts, last = after or (-(2**63), "")
            bound = {"partition": partition, "limit": limit, "ts": ts, "id": last}
            rows = [_legible(row) for row in connection.execute(sql, {**asked.values, **bound})]
            lists = facts_of(connection, [row[0] for row in rows]) if derived else {}
            rest = held(connection, [(row[0], row[5], partition, row[6]) for row in rows]) if derived else {}
        return [_stored(row, lists[row[0]] | rest.get(row[0], {}) if derived else None) for row in rows]

    def scan(self, partition: str, node: Node = ALL, place: Any = None) -> Scan:
        """All events of a partition that fit, oldest first."""
        return Pages(self, partition, node, place)  # type: ignore[arg-type]  # the whole backend is what this is a part of

    def flaws(self) -> Iterator[Flaw]:
        """What is wrong with the file beyond the events that can be read."""
        with self._snapshot() as connection:
            yield from sqlite_flaws.flaws(connection)

    def delete(self, partition: str, ids: Sequence[str]) -> int:
        """Take events away, in small transactions; how many were there."""
        done = 0
        for start in range(0, len(ids), BATCH):
            with self._writing() as connection:
                done += _delete(connection, _named(connection, partition, ids[start : start + BATCH]))
        return done

    def drop_partition(self, partition: str, *, holding: int) -> bool:
        """Take all events of a partition away in one transaction, if there are exactly `holding` of them."""
        sql = f"{_EVENT} WHERE partition = ? LIMIT ?"
        with self._writing() as connection:
            (there,) = connection.execute("SELECT count(*) FROM event WHERE partition = ?", (partition,)).fetchone()
            if there != holding:
                return False
            while rows := connection.execute(sql, (partition, BATCH)).fetchall():
                _delete(connection, rows)
        return True

    def number(self, partition: str, node: Node = ALL) -> int:
        """Events of a partition that fit."""
        with self._snapshot() as connection:
            asked = clause(connection, node)
            sql = f"SELECT count(*) FROM event WHERE {asked.condition} AND partition = :partition"
            return int(connection.execute(sql, {**asked.values, "partition": partition}).fetchone()[0])

    def known(self, partition: str, leaves: Mapping[str, str]) -> int:
        """How many of these events a partition has with that leaf."""
        both = "event.id = one.key AND leaf = one.value AND partition = ?"
        sql = f"SELECT count(*) FROM json_each(?) AS one JOIN event ON {both}"
        with self._snapshot() as connection:
            return int(connection.execute(sql, (json.dumps(dict(leaves)), partition)).fetchone()[0])

    def reopen(self, partition: str) -> None:
        """Nothing is ever closed: a partition goes in one transaction."""

    def space(self) -> Space:
        """Bytes free where the file lies, and of how many."""
        folder = self.path.parent if self.path.parent.exists() else Path.cwd()
        usage = shutil.disk_usage(folder)
        return Space(usage.free, usage.total)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that no other writer comes between."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection  # where something goes wrong the pool closes the connection, which rolls back
            connection.execute("COMMIT")

    def _connection(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def _snapshot(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError


def _named(connection: Connection, partition: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
    sql = f"{_EVENT} WHERE partition = ? AND id = ?"
    return [row for each in ids for row in connection.execute(sql, (partition, each)).fetchall()]


def _delete(connection: Connection, rows: list[tuple[Any, ...]]) -> int:
    """Take away events, given as key, canonical, partition and side object. Their keys are not given out again."""
    keys = [(row[0],) for row in rows]
    if (last := last_key(connection)) in {key for (key,) in keys}:
        connection.execute("INSERT OR REPLACE INTO made_for (name, value) VALUES ('last key', ?)", (str(last),))
    made = [(key, document(*event)) for key, *event in rows]
    sqlite_words.remove(connection, made)
    words = [(key, one.text_personal) for key, one in made if one.personal]
    connection.executemany("INSERT INTO words_personal (words_personal, rowid, text) VALUES ('delete', ?, ?)", words)
    connection.executemany("DELETE FROM personal WHERE event = ?", keys)
    strip(connection, [key for (key,) in keys])
    for table in ("promoted", "misfit"):
        names = [name for (name,) in connection.execute(f"SELECT DISTINCT name FROM {table}")]
        for name in names:
            connection.executemany(f"DELETE FROM {table} WHERE name = ? AND event = ?", [(name, *key) for key in keys])
    connection.executemany("DELETE FROM body WHERE event = ?", keys)
    connection.executemany("DELETE FROM event WHERE key = ?", keys)
    return len(rows)


def _legible(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """With its text as text, whatever bytes somebody has put there."""
    return (*row[:5], row[5].decode(errors="replace"), *row[6:])


def _stored(row: tuple[Any, ...], lists: dict[str, Any] | None) -> Stored:
    _, event_id, ts, leaf, clipped, canonical, side, *envelope = row
    flags = frozenset({"clipped"} if clipped else ())
    if lists is None:
        return Stored(event_id, ts, canonical, leaf, flags, None, side)
    body: dict[str, Any] = {"id": event_id, "ts": ts, "leaf": leaf} | lists
    body |= {name: value for name, value in zip(ENVELOPE, envelope, strict=True) if value is not None}
    return Stored(event_id, ts, canonical, leaf, flags, body | ({"clipped": True} if clipped else {}), side)
