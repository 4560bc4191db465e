"""Whoever changes the store around its events, and not the events themselves, is told of as well."""

from __future__ import annotations

import sqlite3

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import get_backend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.seal.verify import verify
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])

COPY = (
    "INSERT INTO event SELECT 99, id || 'x', ts, partition, leaf, clipped, event_code, event_type, system_type, "
    "object_type, object_id, object_label, request_token, suid, user_name, ip, log_name, level, logger FROM event "
    "WHERE key = 5"
)
LOST = {
    "DELETE FROM event WHERE key = 5": "only its text is left",
    "DELETE FROM body WHERE event = 5": "its text is gone",
    "DELETE FROM body WHERE event = 5; DELETE FROM event WHERE key = 5": "only its words are left",
    "DELETE FROM body WHERE event = 5; DELETE FROM event WHERE key = 5; DELETE FROM words_docsize WHERE id = 5": (
        "only its facts are left"
    ),
    "INSERT INTO body VALUES (99, '{}')": "only its text is left",
    "INSERT INTO words (rowid, text) VALUES (99, 'eve')": "only its words are left",
    COPY: "its text is gone",
}
CHANGED = {
    "UPDATE event SET key = 5000 WHERE key = 5; UPDATE body SET event = 5000 WHERE event = 5": "facts, folded, text",
    "UPDATE segment SET gone = x'04'": "marked as taken away",
    "UPDATE segment SET first = last": "its time is not among those of its segment",
    "UPDATE segment SET languages = 'en'": "these are not what its text says: text",
    "UPDATE page SET counts = x'00' WHERE id = 1": "a page of its facts can't be read",
    "UPDATE page SET first = x'fe' WHERE id = 1": "not in its place",
    "INSERT INTO words (rowid, text) VALUES (5, char(57348) || 'eve')": "these are not what its text says: text",
    "INSERT INTO words_personal (rowid, text) VALUES (5, 'eve')": "words of personal values belong to none",
    "INSERT INTO personal VALUES (99, '{}')": "a personal value belongs to no event",
    "INSERT INTO promoted VALUES ('amount', 99, 1)": "a promoted value belongs to no event",
    "INSERT INTO misfit VALUES ('amount', 99)": "a misfit belongs to no event",
    "UPDATE body SET canonical = CAST(canonical AS BLOB) WHERE event = 5": "its text is no text to SQLite",
    "UPDATE body SET canonical = CAST(x'ff7b' AS TEXT) WHERE event = 5": "its text is not what was hashed",
    "UPDATE event SET partition = 'elsewhere' WHERE key = 5": "its partition is none of ours",
    "DROP INDEX event_time": "gone from the file",
    "INSERT INTO made_for VALUES ('last key', 'none')": "auditsearch writes no such note",
    "INSERT INTO made_for VALUES ('eve', '1')": "auditsearch writes no such note",
    "UPDATE made_for SET value = ''": "auditsearch writes no such note",
    "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM body WHERE event = new.key; END": "no such trigger",
}


@pytest.fixture
def store(tmp_path):
    backend = SQLiteBackend(tmp_path / "store.sqlite3")
    backend.index([event(ts=NOON - n, object_id=n, user="Анна", context_data={"n": n}) for n in range(20)])
    return backend


def forge(store, sql):
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.executescript(sql)
    connection.close()


@pytest.mark.parametrize(("sql", "why"), LOST.items())
def test_an_event_of_which_a_part_is_left_is_missed(store, sql, why):
    forge(store, sql)
    report = verify(store)
    assert (report.counts["MISSING"], report.exit_code) == (1, 1)
    assert why in [found.why for found in report.findings]


@pytest.mark.parametrize(("sql", "why"), CHANGED.items())
def test_a_change_beside_the_events_is_told(store, sql, why):
    assert not verify(store).counts
    forge(store, sql)
    report = verify(store)
    assert report.exit_code == 1
    assert why in "; ".join(found.why for found in report.findings)


def test_a_word_more_in_the_index_than_events_have_is_told(store):
    (blob,) = sqlite3.connect(store.path).execute("SELECT sz FROM words_docsize WHERE id = 5").fetchone()
    forge(store, f"INSERT INTO words (rowid, text) VALUES (5, 'eve'); UPDATE words_docsize SET sz = x'{blob.hex()}'")
    [found] = verify(store).findings
    assert "the index holds" in found.why


def test_an_entry_of_an_index_that_was_overwritten_in_the_file_is_told(store):
    with sqlite3.connect(store.path) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event_time'").fetchone()
        (event_id,) = connection.execute("SELECT id FROM event WHERE key = 5").fetchone()
    connection.close()
    store.close()
    data = store.path.read_bytes()
    place = data.index(event_id.encode(), (page - 1) * 4096)
    store.path.write_bytes(data[:place] + b"x" + data[place + 1 :])
    assert "the file is damaged" in verify(store).findings[0].why


def test_what_was_found_before_the_store_failed_is_told(store, capsys, settings):
    forge(store, "DROP TABLE words")
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"BACKEND": "sqlite", "PATH": str(store.path)}
    with pytest.raises(CommandError, match="Not all could be checked") as error:
        call_command("auditsearch_verify")
    assert error.value.returncode == 2
    told = capsys.readouterr().out
    assert "words: this table or index is gone" in told
    assert "none is missing" not in told
    get_backend().close()
