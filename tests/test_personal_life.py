"""Personal values go wherever their events go, in files of their own, and each is proven."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from auditsearch import again, fallback, outbox, ship
from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend, Settled
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.life import manifest
from auditsearch.life.archive import archive
from auditsearch.life.archived import ArchivedEvents
from auditsearch.life.copy import copy
from auditsearch.life.packing import ArchiveError, digest, lines, packed
from auditsearch.life.rebuild import rebuild
from auditsearch.life.restore import restore
from auditsearch.models import OutboxRow, State
from auditsearch.seal.verify import verify
from auditsearch.search import Events
from tests.factories import NOON, PARTITION, event
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])

SECRET = "Zefirova"


@pytest.fixture(autouse=True)
def named(settings: Any) -> None:
    """A site with a personal field."""
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": ["snapshot.name"]}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteBackend]:
    """Three events, of which two have personal values."""
    backend = SQLiteBackend(tmp_path / "store.sqlite3")
    backend.index([event(ts=NOON + n, object_snapshot={"name": f"{SECRET} {n}" if n else None}) for n in range(3)])
    yield backend
    backend.close()


def names(backend: Backend) -> list[Any]:
    """What the events of a store show unmasked, newest first."""
    events = Events(backend=backend).unmasked()
    assert len(events.filter(search=SECRET)) == len(events.filter(_snapshot__name__startswith=SECRET)) == 2
    return [each.object_snapshot.get("name") for each in events]


def forge(store: SQLiteBackend, sql: str, *values: Any) -> None:
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute(sql, values)
    connection.close()


def append(number: int = 1) -> None:
    """Rows of the outbox with personal values."""
    made = [event(ts=NOON + n, object_snapshot={"name": SECRET}, object_label=f"label {n}") for n in range(number)]
    outbox.append("default", [(one.id, PARTITION, one.canonical, one.personal) for one in made])


def test_an_archive_has_them_in_a_file_of_their_own(store: SQLiteBackend, tmp_path: Path) -> None:
    (made,) = archive(store, tmp_path)
    (part,) = made.parts
    assert part.aside is not None
    files = {path.name: b"\n".join(lines(path)) for path in (made.file(part), tmp_path / part.aside.name)}
    assert [SECRET.encode() in text for text in files.values()] == [False, True]
    assert part.aside.name.endswith(".personal.ndjson.zst")
    assert stat.S_IMODE((tmp_path / part.aside.name).stat().st_mode) == 0o600


def test_an_archive_without_any_has_no_such_file(tmp_path: Path) -> None:
    backend = MemoryBackend()
    backend.index([event()])
    (made,) = archive(backend, tmp_path)
    assert made.parts[0].aside is None
    assert list(tmp_path.glob("*.personal.*")) == []


def test_what_is_restored_or_copied_shows_and_finds_them(store: SQLiteBackend, tmp_path: Path) -> None:
    (made,) = archive(store, tmp_path)
    again, third = MemoryBackend(), MemoryBackend()
    restore(again, made.path)
    copy(again, third)
    assert names(store) == names(again) == names(third) == [f"{SECRET} 2", f"{SECRET} 1", None]


@pytest.mark.server
def test_a_server_gives_them_on_and_takes_them_back(
    store: SQLiteBackend, opensearch_backend: Any, tmp_path: Path, settings: Any
) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "INDEX_PREFIX": opensearch_backend.prefix}
    partition = f"{opensearch_backend.prefix}-2026.11"
    opensearch_backend.index([event(partition=partition, object_snapshot={"name": f"{SECRET} {n}"}) for n in (1, 2)])
    (made,) = archive(opensearch_backend, tmp_path)
    back = MemoryBackend()
    restore(back, made.path)
    assert sorted(names(back)) == sorted(names(opensearch_backend)) == [f"{SECRET} 1", f"{SECRET} 2"]
    assert verify(opensearch_backend).counts == {}


def test_an_archive_is_searched_unmasked_or_not(store: SQLiteBackend, tmp_path: Path) -> None:
    (made,) = archive(store, tmp_path)
    masked = ArchivedEvents.of(Events(), [made.path])
    assert [each.object_snapshot.get("name") for each in masked] == ["•••", "•••", None]
    assert len(masked.filter(search=SECRET)) == 0
    whole = ArchivedEvents.of(Events().unmasked().filter(search=SECRET), [made.path])
    assert [each.object_snapshot["name"] for each in whole] == [f"{SECRET} 2", f"{SECRET} 1"]


def test_a_forged_file_of_personal_values_is_found(store: SQLiteBackend, tmp_path: Path) -> None:
    (made,) = archive(store, tmp_path)
    path = tmp_path / made.parts[0].aside.name  # type: ignore[union-attr]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ArchiveError, match="SHA-256"):
        manifest.check(made)


def test_another_value_with_a_right_hash_is_found(store: SQLiteBackend, tmp_path: Path) -> None:
    (made,) = archive(store, tmp_path)
    part = made.parts[0]
    path = tmp_path / part.aside.name  # type: ignore[union-attr]
    forged = [row.replace(SECRET.encode(), b"Other") for row in lines(path)]
    path.unlink()
    with packed(path) as put:
        put(b"\n".join([*forged, b""]))
    size, sha256 = digest(path)
    aside = replace(part.aside, size=size, sha256=sha256)  # type: ignore[type-var]
    with pytest.raises(ArchiveError, match="not the one that was captured"):
        manifest.check(replace(made, parts=(replace(part, aside=aside),)))


def test_verify_finds_each_change_of_a_personal_value(store: SQLiteBackend) -> None:
    assert verify(store).exit_code == 0
    forge(store, "UPDATE personal SET side = replace(side, ?, 'Other')", SECRET)
    report = verify(store)
    assert (report.counts, report.exit_code) == ({"MODIFIED": 2}, 1)
    assert {found.why for found in report.findings} == {
        "the personal value of /snapshot/name is not the one that was captured"
    }


def test_verify_finds_one_that_is_gone(store: SQLiteBackend) -> None:
    forge(store, "DELETE FROM personal WHERE event = 2")
    assert [found.why for found in verify(store).findings] == [
        "words of personal values belong to none",
        "the personal value of /snapshot/name is gone",
    ]


def test_what_is_taken_away_leaves_nothing_in_the_file(store: SQLiteBackend) -> None:
    store.drop_partition(PARTITION, holding=3)
    store.close()
    with sqlite3.connect(store.path) as connection:
        assert connection.execute("SELECT count(*) FROM personal").fetchone() == (0,)
    connection.close()


def test_promoted_fields_are_made_anew_without_them(store: SQLiteBackend, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PROMOTED": {"name": ["_snapshot__name", "keyword"]}}
    store.rebuild(lambda done, total: None)
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": []}
    assert Events(backend=store).facets("name").values == []


def test_what_is_shipped_again_has_them(settings: Any) -> None:
    append()
    ship.drain("default", Server())
    OutboxRow.objects.update(state=State.SHIPPED, shipped_at=Now())
    assert again.reopen("default", again.Period(None, None)) == 1
    backend = MemoryBackend()
    ship.drain("default", backend)
    assert [each.object_snapshot["name"] for each in Events(backend=backend).unmasked()] == [SECRET]


def test_what_was_held_and_is_sent_again_has_them() -> None:
    append()
    held = OutboxRow.objects.values_list("event_id", flat=True)[0]
    ship.drain("default", Server(**{held: Settled.QUARANTINE}))
    call_command("auditsearch_quarantine", "retry", held, verbosity=0)
    backend = MemoryBackend()
    ship.drain("default", backend)
    assert SECRET in [each.object_snapshot.get("name") for each in Events(backend=backend).unmasked()]


def test_the_fallback_file_brings_them_back(tmp_path: Path, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "FALLBACK_FILE": tmp_path / "fallback"}
    one = event(object_snapshot={"name": SECRET})
    fallback.keep("default", [(one.id, PARTITION, one.canonical, one.personal)])
    assert stat.S_IMODE((tmp_path / "fallback").stat().st_mode) == 0o600
    assert fallback.refill(outbox.insert) == 1
    assert OutboxRow.objects.get().personal == one.personal


def test_the_terminal_shows_them_unmasked_alone(capsys: Any) -> None:
    get_backend().index([event(object_snapshot={"name": SECRET})])
    call_command("auditsearch_search", "--format", "json")
    assert SECRET not in capsys.readouterr().out
    call_command("auditsearch_search", "--format", "json", "--unmask", f"snapshot.name:{SECRET}")
    assert f'"name":"{SECRET}"' in capsys.readouterr().out
    with pytest.raises(CommandError, match="unmask"):
        call_command("auditsearch_search", f"snapshot.name:{SECRET}")


@pytest.mark.server
def test_a_rebuild_makes_their_words_and_facts_anew(opensearch_backend: Any, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "INDEX_PREFIX": opensearch_backend.prefix}
    partition = f"{opensearch_backend.prefix}-2026.11"
    opensearch_backend.index([event(partition=partition, object_snapshot={"name": f"{SECRET} {n}"}) for n in (1, 2)])
    opensearch_backend.refresh()
    assert rebuild(opensearch_backend, partition) == 2
    opensearch_backend.refresh()
    assert sorted(names(opensearch_backend)) == [f"{SECRET} 1", f"{SECRET} 2"]
    assert verify(opensearch_backend).counts == {}
