"""What is wrong with the SQLite file beyond the events that can be read: parts without the others, and its own bytes.

Each event stands in four places, as a row, as text, with its words and with its facts: whoever takes it out of some of
them is told of by the rest.
"""

# ruff: noqa: S608 - what is written into the SQL are names of ours
from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise

from auditsearch.backends import bits
from auditsearch.backends.flaw import Flaw
from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_held import size_of
from auditsearch.backends.sqlite_page import has_any, legible
from auditsearch.backends.sqlite_segment import TABLES, Segment, all_pages, segments

MOST = 20
"""Faults of SQLite's own that are told."""

_OURS = re.compile(r"(?:words|words_personal)_\w+|sqlite_\w+")
_ROWS = {
    "SELECT id, 'its text is gone' FROM event WHERE key NOT IN (SELECT event FROM body)": True,
    "SELECT 'row ' || event, 'only its text is left' FROM body WHERE event NOT IN (SELECT key FROM event)": True,
    "SELECT 'row ' || id, 'only its words are left' FROM words_docsize WHERE id NOT IN (SELECT key FROM event) "
    "AND id NOT IN (SELECT event FROM body)": True,
    "SELECT id, 'its text is no text to SQLite' FROM event JOIN body ON event = key "
    "WHERE typeof(canonical) != 'text'": False,
    "SELECT 'row ' || event, 'a personal value belongs to no event' FROM personal "
    "WHERE event NOT IN (SELECT key FROM event)": False,
    "SELECT 'row ' || id, 'words of personal values belong to none' FROM words_personal_docsize "
    "WHERE id NOT IN (SELECT event FROM personal)": False,
    "SELECT 'row ' || event, 'a promoted value belongs to no event' FROM promoted "
    "WHERE event NOT IN (SELECT key FROM event)": False,
    "SELECT 'row ' || event, 'a misfit belongs to no event' FROM misfit "
    "WHERE event NOT IN (SELECT key FROM event)": False,
    "SELECT id, 'its time is not among those of its segment' FROM segment JOIN event "
    "ON key >= low AND key < low + size WHERE ts NOT BETWEEN first AND last": False,
}  # fmt: skip

_NOTES = {"promoted": r"\{.*\}", "rebuild": r"\{.*\} \d{1,18}", "last key": r"\d{1,18}"}
"""What the file notes of itself -> how that is written; a last key that is none would give keys out again."""

_TOLD = "SELECT 1 FROM body WHERE event = ? UNION ALL SELECT 1 FROM words_docsize WHERE id = ?"


def flaws(connection: Connection) -> Iterator[Flaw]:
    """Yield what is wrong; where whole tables are gone, only that."""
    broken = list(_made(connection))
    yield from broken
    if not broken:
        for (told,) in connection.execute(f"PRAGMA integrity_check({MOST})").fetchall():
            if told != "ok":
                yield Flaw(False, "", f"the file is damaged: {told}")
        for sql, lost in _ROWS.items():
            yield from (Flaw(lost, str(event), why) for event, why in connection.execute(sql))
        yield from _notes(connection)
        yield from _facts(connection)
        yield from _words(connection)


def _made(connection: Connection) -> Iterator[Flaw]:
    """Tables and indices are those of sqlite.sql; a trigger or a view is nobody's of ours."""
    there = dict(_parts(connection))
    schema = files("auditsearch.backends").joinpath("sqlite.sql").read_text(encoding="utf-8")
    with sqlite3.connect(":memory:") as fresh:
        fresh.executescript(schema)
        ours = dict(_parts(fresh))
    fresh.close()
    for name, sql in ours.items():
        if name not in there:
            yield Flaw(False, name, "this table or index is gone from the file: restore an archive into a new one")
        elif there[name] != sql:
            yield Flaw(False, name, "this table or index is not as auditsearch makes it")
    for name, sql in there.items():
        if name not in ours and not sql.startswith("CREATE INDEX"):
            yield Flaw(False, name, "auditsearch makes no such trigger, view or table")


def _parts(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
        if not _OURS.fullmatch(name):
            yield name, sql


def _notes(connection: Connection) -> Iterator[Flaw]:
    for name, value in connection.execute("SELECT name, value FROM made_for"):
        if name not in _NOTES or not re.fullmatch(_NOTES[name], str(value)):
            yield Flaw(False, f"made_for {name}", "auditsearch writes no such note")


def _facts(connection: Connection) -> Iterator[Flaw]:
    for segment in segments(connection):
        keys = connection.execute(
            "SELECT key FROM event WHERE key >= ? AND key < ?", (segment.low, segment.low + segment.size)
        )
        there = bits.of([key - segment.low for (key,) in keys], segment.size)
        for offset in bits.numbers(segment.all & ~there):
            if not connection.execute(_TOLD, (segment.low + offset,) * 2).fetchone():
                yield Flaw(True, f"row {segment.low + offset}", "only its facts are left")
        for offset in bits.numbers(there & ~segment.all):
            yield Flaw(False, f"row {segment.low + offset}", "its facts are marked as taken away")
        yield from _pages(connection, segment, segment.all & there)


def _pages(connection: Connection, segment: Segment, there: int) -> Iterator[Flaw]:
    """Pages are found by their first fact, so that each must stand in its place."""
    gone = set(bits.numbers((1 << segment.size) - 1 & ~there))
    for table in TABLES:
        found = [page for name, page, _ in all_pages(connection, segment) if name == table]
        bounds = [*(page.first for page in found), b"\xff"]
        for page, (first, following) in zip(found, pairwise(bounds), strict=True):
            facts = [fact.encode() for fact, _ in legible(page)]
            if not facts:
                yield Flaw(False, f"segment {segment.low}", "a page of its facts can't be read")
            elif facts != sorted(facts) or facts[0] < first or facts[-1] >= following:
                yield Flaw(False, f"segment {segment.low}", "a page of its facts is not in its place")
            elif gone and has_any(page, gone):
                yield Flaw(False, f"segment {segment.low}", "its facts name events that are not there")


def _words(connection: Connection) -> Iterator[Flaw]:
    """The index has just as many words as events have; which ones, reading the events tells."""
    for table in ("words", "words_personal"):
        connection.execute(f"CREATE VIRTUAL TABLE temp.sound USING fts5vocab('main', '{table}', 'row')")
        try:
            (there,) = connection.execute("SELECT coalesce(sum(cnt), 0) FROM temp.sound").fetchone()
        finally:
            connection.execute("DROP TABLE temp.sound")
        told = sum(size_of(size) for (size,) in connection.execute(f"SELECT sz FROM {table}_docsize"))
        if there != told:
            yield Flaw(False, table, f"the index holds {there:,} words, and its events have {told:,}")
