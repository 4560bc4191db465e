"""After copying, both stores hold the same events, whatever happened on the way."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.document import document
from auditsearch.exceptions import BackendUnavailable, PartialAnswer
from auditsearch.life.copy import NotTheSame, copy, store
from auditsearch.life.reading import PAGE
from tests.factories import NOON, event
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def filled(backend, number=5, partition="auditsearch-2026.11"):
    backend.index([event(partition=partition, ts=NOON + n) for n in range(number)])
    return backend


def texts(backend):
    backend.refresh()
    return {(name, one.canonical) for name in backend.holdings() for one in backend.read(name)}


def test_all_events_are_copied_and_a_second_walk_proves_it(tmp_path):
    source, target = filled(MemoryBackend()), SQLiteBackend(tmp_path / "target.sqlite3")
    done = copy(source, target)
    assert (done.walks, done.events, done.extra) == ([5, 0], 5, 0)
    assert texts(target) == texts(source)


@pytest.mark.server
def test_a_file_moves_to_a_server_and_back(opensearch_backend, tmp_path):
    source = filled(SQLiteBackend(tmp_path / "a.sqlite3"), partition=f"{opensearch_backend.prefix}-2026.11")
    copy(source, opensearch_backend)
    back = SQLiteBackend(tmp_path / "b.sqlite3")
    copy(opensearch_backend, back)
    assert texts(back) == texts(opensearch_backend) == texts(source)


def test_what_was_copied_before_is_not_copied_again():
    source, target = filled(MemoryBackend(), PAGE + 5), Server()
    target.fails = BackendUnavailable("gone")
    with pytest.raises(BackendUnavailable):
        copy(source, target)
    target.fails = None
    target.index(
        [document(one.canonical, "auditsearch-2026.11") for one in source.read("auditsearch-2026.11", limit=9)]
    )
    assert copy(source, target).walks == [PAGE + 5 - 9, 0]


def test_what_is_written_meanwhile_is_copied_too(monkeypatch):
    source, target = filled(MemoryBackend()), MemoryBackend()
    late = [event(partition="auditsearch-2026.11", ts=NOON - 1)]
    monkeypatch.setattr(target, "refresh", lambda: source.index([late.pop()]) if late and target.holdings() else None)
    assert copy(source, target).walks == [5, 1, 0]
    assert texts(target) == texts(source)


def test_a_source_that_never_stands_still_is_told(monkeypatch):
    source, target = filled(MemoryBackend()), MemoryBackend()
    monkeypatch.setattr(source, "refresh", lambda: filled(source, 1))
    with pytest.raises(PartialAnswer, match="still gets new events"):
        copy(source, target)


def test_another_event_under_the_same_id_is_told():
    source = filled(MemoryBackend(), 1)
    one = source.read("auditsearch-2026.11")[0]
    target = MemoryBackend()
    target.index([event(partition="auditsearch-2026.11", id=one.id, ts=one.ts, user="Eve")])
    with pytest.raises(NotTheSame, match=one.id):
        copy(source, target)


def test_what_only_the_target_has_is_counted_and_left():
    source, target = filled(MemoryBackend()), filled(MemoryBackend(), 3)
    assert (copy(source, target).extra, len(texts(target))) == (3, 8)


def test_a_store_is_named_by_url_path_or_settings(tmp_path):
    assert isinstance(store("settings"), MemoryBackend)
    assert isinstance(store("http://localhost:9200,http://localhost:9201"), OpenSearchBackend)
    assert isinstance(store(str(tmp_path / "a.sqlite3")), SQLiteBackend)


def test_the_command_copies_and_tells(tmp_path, capsys):
    source = str(tmp_path / "a.sqlite3")
    filled(SQLiteBackend(source))
    call_command("auditsearch_copy", "--from", source, "--to", "settings")
    assert "both hold the same 5" in capsys.readouterr().out
    with pytest.raises(CommandError, match="the same store"):
        call_command("auditsearch_copy", "--from", source, "--to", source)


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("gone.sqlite3", "new.sqlite3", "There is no file .*gone.sqlite3 to copy from"),
        ("search.example.org:9200", "new.sqlite3", "write https://search.example.org:9200"),
        ("there.sqlite3", "localhost:9200", "write https://localhost:9200"),
        ("there.sqlite3", "./there.sqlite3", "name the same store"),
    ],
)
def test_a_store_that_can_not_be_meant_is_refused_and_no_file_is_made(tmp_path, monkeypatch, source, target, told):
    monkeypatch.chdir(tmp_path)
    SQLiteBackend(tmp_path / "there.sqlite3").setup()
    with pytest.raises(CommandError, match=told):
        call_command("auditsearch_copy", "--from", source, "--to", target)
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {"there.sqlite3"}
