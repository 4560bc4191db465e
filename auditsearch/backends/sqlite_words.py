"""The ready words in the SQLite file, which FTS5 finds: stored, taken away, and made anew for other languages.

FTS5 keeps no text here: to take words away it must be told exactly what was stored, with the stems of that time.
"""

from __future__ import annotations

from collections.abc import Callable

from auditsearch.backends.sqlite_file import Connection
from auditsearch.backends.sqlite_segment import languages_of, of_other_languages
from auditsearch.document import Document, document
from auditsearch.stems import LANGUAGES, languages, with_stems, without_stems

_EVENTS = (
    "SELECT key, canonical, partition, side FROM event JOIN body ON body.event = key "
    "LEFT JOIN personal ON personal.event = key WHERE key >= ? AND key < ?"
)

Keyed = list[tuple[int, Document]]
"""Documents by the keys of their events."""


def insert(connection: Connection, keyed: Keyed) -> None:
    """Store the words of events."""
    connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", [(key, one.text) for key, one in keyed])


def remove(connection: Connection, keyed: Keyed) -> None:
    """Take the words of events away, before their facts."""
    spoken = languages_of(connection, [key for key, _ in keyed])
    texts = [(key, spoken_in(spoken[key], one.text)) for key, one in keyed]
    connection.executemany("INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", texts)


def spoken_in(codes: str, text: str) -> str:
    """Return words with the stems of languages, given as codes with commas, instead of those that they have."""
    return with_stems(without_stems(text), tuple(code for code in codes.split(",") if code in LANGUAGES))


def rebuild(connection: Connection, progress: Callable[[int], None]) -> None:
    """Make the words of all segments of other languages anew, one in a transaction; tells how many events that were."""
    done, left = 0, True
    while left:
        connection.execute("BEGIN IMMEDIATE")
        if (segment := of_other_languages(connection)) is None:
            left = False
        else:
            rows = connection.execute(_EVENTS, (segment.low, segment.low + segment.size))
            keyed = [(key, document(canonical, partition, side)) for key, canonical, partition, side in rows]
            remove(connection, keyed)
            insert(connection, keyed)
            spoken = ",".join(languages())
            connection.execute("UPDATE segment SET languages = ? WHERE low = ?", (spoken, segment.low))
            done += len(keyed)
            progress(done)
        connection.execute("COMMIT")
