"""Whatever is changed in a store is told; what is as it was captured is not."""

from __future__ import annotations

import json
import sqlite3

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.backends.sqlite_page import Page, pages, read
from auditsearch.document import document
from auditsearch.exceptions import BackendUnavailable
from auditsearch.life.archive import archive
from auditsearch.life.spans import span
from auditsearch.models import OutboxRow
from auditsearch.seal.verify import verify
from tests.factories import NOON, PARTITION, event
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])

VALUES = {"a": [1, 2.50, {"ё": "б" * 300}], "n": 2**70, "empty": {}, "t": "2026-11-22T08:00:00Z"}


@pytest.fixture
def store(tmp_path):
    backend = SQLiteBackend(tmp_path / "store.sqlite3")
    backend.index([event(ts=NOON + n, user="Анна", context_data=VALUES) for n in range(5)])
    return backend


def forge(store, sql, *values):
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute(sql, values)
    connection.close()


def kinds(store):
    return dict(verify(store).counts)


def shipped(document, partition=PARTITION):
    times = {"not_before": "2026-11-22T00:00Z", "created_at": "2026-11-22T00:00Z"}
    text, state = document.canonical, "shipped"
    OutboxRow.objects.create(event_id=document.id, partition=partition, canonical=text, state=state, **times)


def test_what_is_as_it_was_captured_is_clean(store):
    report = verify(store)
    assert (report.checked, report.counts, report.exit_code) == (5, {}, 0)


@pytest.mark.server
def test_a_server_is_verified_too(opensearch_backend):
    partition = f"{opensearch_backend.prefix}-2026.11"
    opensearch_backend.index([event(partition=partition, ts=NOON + n, context_data=VALUES) for n in range(5)])
    report = verify(opensearch_backend)
    assert (report.checked, report.findings, report.exit_code) == (5, [], 0)


@pytest.mark.server
def test_a_changed_field_of_a_server_is_told(opensearch_backend):
    one = event(partition=f"{opensearch_backend.prefix}-2026.11")
    opensearch_backend.index([one])
    change = {"doc": {"user_name": "Eve", "facts": ["user_name=Eve"], "note": 1}}
    opensearch_backend.client.ask("POST", f"/{one.partition}/_update/{one.id}", change)
    [found] = verify(opensearch_backend).findings
    assert found.why == "these are not what its text says: facts, note, user_name"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE body SET canonical = replace(canonical, 'Анна', 'Eve') WHERE event = 2",
        "UPDATE event SET leaf = replace(leaf, substr(leaf, 1, 1), 'g') WHERE key = 2",
        "UPDATE event SET user_name = 'Eve' WHERE key = 2",
        "UPDATE event SET object_id = NULL WHERE key = 2",
        "UPDATE event SET ts = ts + 1 WHERE key = 2",
        "UPDATE event SET clipped = NOT clipped WHERE key = 2",
    ],
)
def test_each_forgery_is_told(store, sql):
    forge(store, sql)
    report = verify(store)
    assert (report.counts, report.exit_code) == ({"MODIFIED": 1}, 1)


@pytest.mark.parametrize("folded", [0, 1])
@pytest.mark.parametrize(
    "change", [lambda facts: facts.popitem(), lambda facts: facts.update({"user_name=Eve": "\x01"})]
)
def test_a_forged_fact_is_told(store, folded, change):
    store.close()
    with sqlite3.connect(store.path) as connection:
        sql = "SELECT first, body, counts, events FROM page WHERE folded = ? AND segment = 1"
        facts = dict(read(Page(*connection.execute(sql, (folded,)).fetchone())))
        change(facts)
        page = next(pages(facts))
        sql = "UPDATE page SET first = ?, body = ?, counts = ?, events = ? WHERE folded = ? AND segment = 1"
        connection.execute(sql, (*page, folded))
    connection.close()
    assert verify(store).exit_code == 1
    assert set(kinds(store)) == {"MODIFIED"}


@pytest.mark.parametrize("text", ["order 7 eve", "", None])
def test_forged_words_are_told(store, text):
    words = [document(one.canonical, PARTITION).text for one in store.read(PARTITION)][1]
    forge(store, "INSERT INTO words (words, rowid, text) VALUES ('delete', 2, ?)", words)
    if text is not None:
        forge(store, "INSERT INTO words (rowid, text) VALUES (2, ?)", text)
    [found] = verify(store).findings
    assert (found.kind, found.why) == ("MODIFIED", "these are not what its text says: text")


def test_words_in_another_order_and_one_more_are_told(store):
    words = [document(one.canonical, PARTITION).text for one in store.read(PARTITION)][:2]
    changed = [" ".join(reversed(words[0].split(" "))), f"{words[1]} eve"]
    for key, (old, new) in enumerate(zip(words, changed, strict=True), 1):
        forge(store, "INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)", key, old)
        forge(store, "INSERT INTO words (rowid, text) VALUES (?, ?)", key, new)
    assert kinds(store) == {"MODIFIED": 2}


def test_stems_of_other_languages_are_no_forgery(store, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"SEARCH_LANGUAGES": ["en"]}
    assert kinds(store) == {}
    store.index([event(ts=NOON + 50)])
    for languages in (["ru", "en"], []):
        settings.AUDITSEARCH = settings.AUDITSEARCH | {"SEARCH_LANGUAGES": languages}
        assert kinds(store) == {}


def test_promoted_fields_of_other_settings_or_forged_are_told(store, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"PROMOTED": {"at": ["_context__t", "date"]}}
    assert kinds(store) == {"OUTDATED": 5}
    store.rebuild(lambda done, total: None)
    assert kinds(store) == {}
    forge(store, "UPDATE promoted SET value = 1 WHERE event = 2")
    assert kinds(store) == {"OUTDATED": 1}
    assert verify(store).exit_code == 1


def test_a_text_that_was_hashed_again_is_told_by_what_was_derived(store):
    forged = event(user="Eve")
    sql = "UPDATE body SET canonical = ? WHERE event = 2"
    forge(store, sql, forged.canonical)
    forge(store, "UPDATE event SET leaf = ? WHERE key = 2", forged.leaf)
    assert kinds(store) == {"MODIFIED": 1}


def test_an_event_in_a_partition_of_another_time_is_told(store):
    forge(store, "UPDATE event SET partition = 'auditsearch-2024.02' WHERE key = 3")
    assert kinds(store) == {"MOVED": 1}


def test_a_partition_holds_its_time_from_the_first_moment_to_the_last():
    backend, (start, end) = MemoryBackend(), span(PARTITION)
    backend.index([event(ts=start), event(ts=end - 1)])
    assert kinds(backend) == {}
    backend.index([event(ts=start - 1), event(ts=end)])
    assert kinds(backend) == {"MOVED": 2}


def test_times_far_away_have_a_partition_and_no_other_is_ours():
    backend = MemoryBackend()
    times = (-62_135_596_800_000_000, 32_503_680_000_000_000)  # the years 1 and 3000
    backend.index([event(ts=ts, id=str(ts), partition="auditsearch-edge") for ts in times])
    assert kinds(backend) == {}
    backend.index([event(partition="auditsearch-edges")])
    assert kinds(backend) == {"MOVED": 1}


def test_of_many_findings_all_are_counted_and_the_first_told(store, monkeypatch):
    monkeypatch.setattr("auditsearch.seal.verify.SHOWN", 2)
    forge(store, "UPDATE event SET user_name = 'Eve'")
    report = verify(store)
    assert (report.counts, len(report.findings), report.exit_code) == ({"MODIFIED": 5}, 2, 1)


def test_an_event_that_the_outbox_knows_as_stored_is_missed(store):
    shipped(event())
    assert kinds(store) == {"MISSING": 1}


def test_another_text_than_the_outboxs_is_told(store):
    one = event(ts=NOON + 9)
    store.index([one])
    shipped(event(id=one.id, ts=NOON + 9, user="Other"))
    assert kinds(store) == {"MODIFIED": 1}


def test_nothing_checked_is_no_success():
    assert verify(MemoryBackend()).exit_code == 2


def test_the_command_tells_and_leaves_with_the_code(capsys, tmp_path):
    get_backend().index([event()])
    call_command("auditsearch_verify")
    told = capsys.readouterr().out
    assert "1 events checked: all as captured." in told
    assert "That none is missing is proven of the 0 that the outbox still has." in told
    made = archive(get_backend(), tmp_path)[0]
    call_command("auditsearch_verify", "--json", "--archive", str(made.path))
    assert json.loads(capsys.readouterr().out) == {"checked": 1, "known": 0, "counts": {}, "findings": []}
    made.file(made.parts[0]).write_bytes(b"")
    with pytest.raises(SystemExit, match="1"):
        call_command("auditsearch_verify", "--archive", str(made.path))
    assert "ARCHIVE" in capsys.readouterr().out


def test_the_command_leaves_with_2_where_it_could_not_check(monkeypatch, capsys, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"BATCH_SIZE": 499}  # a change of settings makes a new store
    with pytest.raises(SystemExit, match="2"):
        call_command("auditsearch_verify")
    assert "there was nothing" in capsys.readouterr().out
    monkeypatch.setattr(MemoryBackend, "holdings", lambda self: Server(BackendUnavailable("gone")).index([]))
    with pytest.raises(CommandError, match="could be checked") as error:
        call_command("auditsearch_verify")
    assert error.value.returncode == 2
    assert capsys.readouterr().out == "0 events checked: none could be reached.\n"


def test_an_archive_that_can_not_be_read_is_not_called_changed(tmp_path, capsys):
    (tmp_path / "a.manifest.json").mkdir()
    with pytest.raises(SystemExit, match="2"):
        call_command("auditsearch_verify", "--archive", str(tmp_path / "a.manifest.json"))
    assert "UNCHECKED" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="1"):
        call_command("auditsearch_verify", "--archive", str(tmp_path / "gone.manifest.json"))
