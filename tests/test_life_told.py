"""Archives are foretold, told of in the log, and compared with what it says."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from django.core.management import call_command

from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.document import document
from auditsearch.exceptions import BackendUnavailable
from auditsearch.life import holds, manifest
from auditsearch.life.archive import archive
from auditsearch.life.manifest import read
from auditsearch.life.packing import ArchiveError
from auditsearch.seal.archives import compare
from auditsearch.testing import captured_events
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])

YEAR = 365 * 86_400_000_000
OLD = "auditsearch-2020.11"


@pytest.fixture
def backend():
    store = MemoryBackend()
    store.index([event(partition=OLD, ts=NOON - 6 * YEAR + n) for n in range(5)])
    return store


def test_what_would_be_archived_and_removed_is_told_before(backend, tmp_path, capsys):
    store = get_backend()
    store.index([event(partition=OLD, ts=NOON - 6 * YEAR, object_id=str(n)) for n in (7, 8)])
    holds.place("a case", object_type="shop.Order", object_id="8")
    call_command("auditsearch_archive", "--dry-run", "--reset", "--before", "2 years", "--destination", str(tmp_path))
    told = capsys.readouterr().out
    assert f"{OLD}: 2 events" in told
    assert "2 events would be archived, and removed from the store, but for 1 under a legal hold. Nothing" in told
    assert (store.holdings(), list(tmp_path.iterdir())) == ({OLD: 2}, [])


@pytest.mark.parametrize("reset", [False, True])
def test_each_archive_is_an_event_with_the_hash_of_its_files(backend, tmp_path, reset):
    with captured_events() as events:
        [made] = archive(backend, tmp_path, reset=reset)
    [told] = events
    assert (told.event_code, told.level) == ("archived", "WARNING" if reset else "INFO")
    assert told.context_data["digest"] == read(made.path).digest
    assert told.context_data["removed"] == [part.partition for part in made.parts if reset]


def test_an_archive_that_was_made_anew_is_not_the_one_that_the_log_tells_of(backend, tmp_path, settings):
    with captured_events() as events:
        [made] = archive(backend, tmp_path)
    assert not compare(backend, made)
    backend.index([document(events[0].line, "auditsearch-2026.11")])
    assert compare(backend, made)
    forged = replace(made, parts=(replace(made.parts[0], events=1), *made.parts[1:]))
    with pytest.raises(ArchiveError, match="was made anew"):
        compare(backend, forged)


@pytest.mark.parametrize("reset", [True, False])
def test_an_archive_of_what_left_the_store_is_looked_for(tmp_path, settings, capsys, reset):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"ARCHIVE_DESTINATION": tmp_path}
    get_backend().index([event(partition=OLD, ts=NOON - 6 * YEAR)])
    call_command("auditsearch_archive", reset=reset, before="2 years")
    call_command("auditsearch_ship")
    call_command("auditsearch_verify")
    assert "ELSEWHERE" not in capsys.readouterr().out
    for path in tmp_path.glob("*dump*"):
        path.unlink()
    call_command("auditsearch_verify")
    told = capsys.readouterr().out
    assert ("1 events left the store for it; it was written to" in told) is reset
    assert ("1 archives are elsewhere" in told) is reset


@pytest.mark.parametrize("text", ["[]", "1", "null", "{}", '{"format": "auditsearch archive"}', "[" * 100_000])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "a.manifest.json").write_text(text)
    with pytest.raises(ArchiveError):
        read(tmp_path / "a.manifest.json")


def test_a_manifest_of_other_members_is_refused_even_under_a_right_hash(backend, tmp_path):
    [made] = archive(backend, tmp_path)
    tree = json.loads(made.path.read_text()) | {"more": 1}
    del tree["sha256"]
    made.path.write_text(json.dumps(tree | {"sha256": manifest._seal(tree)}))
    with pytest.raises(ArchiveError, match="its members are others"):
        read(made.path)


def test_files_are_verified_also_where_the_log_can_not_be_asked(backend, tmp_path, capsys, monkeypatch):
    [made] = archive(backend, tmp_path)

    def gone(*args, **kwargs):
        raise BackendUnavailable("no server")

    monkeypatch.setattr(MemoryBackend, "search", gone)
    call_command("auditsearch_verify", "--archive", str(made.path))
    told = capsys.readouterr()
    assert "5 events checked: all as captured." in told.out
    assert "the log can't be asked (no server)" in told.err
