"""What the SQLite file holds of an event for finding it, beside its facts: words and promoted fields.

The index of words keeps no text, so it can't be read back: it is asked whether it holds just the words that it should.
"""

# ruff: noqa: S608 - values are bound; what is written into the SQL are names of ours
from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_segment import languages_of
from auditsearch.backends.sqlite_words import spoken_in
from auditsearch.document import Document, document

FOUND = frozenset({"text", "text_personal", "promoted", "misfits"})
"""Members of `Document.body` that are told."""


def held(connection: Connection, events: Iterable[tuple[Any, ...]]) -> dict[int, dict[str, Any]]:
    """Return these members of events, given as key, canonical, partition and side object; of words, "" if others."""
    made = {key: _made(event) for key, *event in events}
    promoted, misfits = _promoted(connection, list(made)), _misfits(connection, list(made))
    spoken = languages_of(connection, made)
    found = {}
    for key, one in made.items():
        if one is not None:
            words = _words(connection, key, one, spoken.get(key, ""))
            found[key] = words | _columns(one, promoted.get(key, {}), misfits.get(key, []))
    return found


def size_of(told: bytes) -> int:
    """Return the number of words that FTS5 keeps of an event: SQLite's varint (https://sqlite.org/fileformat.html#varint)."""
    number = 0
    for byte in told:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            break
    return number


def _made(event: list[Any]) -> Document | None:
    try:
        return document(*event)
    except (ValueError, KeyError, TypeError):  # no event's text: verifying says so
        return None


def _words(connection: Connection, key: int, one: Document, spoken: str) -> dict[str, str]:
    found = {"text": one.text if _holds(connection, "words", key, spoken_in(spoken, one.text)) else ""}
    if one.text_personal:
        same = _holds(connection, "words_personal", key, one.text_personal)
        found["text_personal"] = one.text_personal if same else ""
    return found


def _holds(connection: Connection, table: str, key: int, text: str) -> bool:
    row = connection.execute(f"SELECT sz FROM {table}_docsize WHERE id = ?", (key,)).fetchone()
    tokens = text.split(" ") if text else []
    same = row is not None and size_of(row[0]) == len(tokens)
    return same and (not tokens or _asked(connection, table, key, f'^ "{text}"'))


def _asked(connection: Connection, table: str, key: int, question: str) -> bool:
    sql = f"SELECT 1 FROM {table} WHERE {table} MATCH ? AND rowid = ?"
    return connection.execute(sql, (question, key)).fetchone() is not None


def _columns(one: Document, promoted: dict[str, set[Any]], misfits: list[str]) -> dict[str, Any]:
    """As the document has them where they are the same, else as they stand there."""
    same = promoted == {name: set(values) for name, values in one.promoted.items()} and misfits == sorted(one.misfits)
    if same:
        body = one.body()
        return {"promoted": body["promoted"], "misfits": list(one.misfits)} if "promoted" in body else {}
    return {"promoted": {name: sorted(map(str, values)) for name, values in promoted.items()}, "misfits": misfits}


def _promoted(connection: Connection, keys: list[int]) -> dict[int, dict[str, set[Any]]]:
    found: dict[int, dict[str, set[Any]]] = {}
    for name in _names(connection, "promoted"):
        sql = "SELECT event, value FROM promoted WHERE name = ? AND event IN (SELECT value FROM json_each(?))"
        for key, value in connection.execute(sql, (name, json.dumps(keys))):
            found.setdefault(key, {}).setdefault(name, set()).add(value)
    return found


def _misfits(connection: Connection, keys: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for name in sorted(_names(connection, "misfit")):
        sql = "SELECT event FROM misfit WHERE name = ? AND event IN (SELECT value FROM json_each(?))"
        for (key,) in connection.execute(sql, (name, json.dumps(keys))):
            found.setdefault(key, []).append(name)
    return found


def _names(connection: Connection, table: str) -> list[str]:
    return [name for (name,) in connection.execute(f"SELECT DISTINCT name FROM {table}")]
