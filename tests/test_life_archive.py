"""An archive holds what the store had, byte for byte; nothing leaves the store that it does not hold."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from auditsearch import outbox
from auditsearch.backends import get_backend
from auditsearch.backends.base import Settled
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.canonical import leaf
from auditsearch.event import SCHEMA
from auditsearch.exceptions import BackendUnavailable
from auditsearch.life import archive as life
from auditsearch.life import gathering, holds, manifest, packing, removal
from auditsearch.life.archive import archive
from auditsearch.life.packing import ArchiveError
from auditsearch.life.restore import NotStored, restore
from auditsearch.models import DroppedPartition, OutboxRow, PartitionLock
from auditsearch.seal.merkle import root
from tests.factories import NOON, event
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])

YEAR = 365 * 86_400_000_000
OLD = "auditsearch-2020.11"


def fill(backend, number=5, partition=OLD, **changes):
    documents = [event(partition=partition, ts=NOON - 6 * YEAR + n, **changes) for n in range(number)]
    backend.index(documents)
    return documents


def stored(backend):
    return {one.canonical for name in backend.holdings() for one in backend.read(name)}


@pytest.fixture
def backend():
    return MemoryBackend()


@pytest.fixture
def made(backend, tmp_path):
    """An archive of five events of one partition and one of another."""
    fill(backend, context_data={"текст": "ё", "n": [1, 2.5, None]})
    fill(backend, 1, "auditsearch-2020.12")
    return archive(backend, tmp_path)[0]


def damage(path, change):
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(bytes(data))


def rewritten(made, **changes):
    """The manifest with changes, sealed again, as another program would write it."""
    tree = json.loads(made.path.read_text()) | changes
    tree.pop("sha256")
    made.path.write_text(json.dumps(tree | {"sha256": manifest._seal(tree)}))
    return made.path


def test_an_archive_holds_the_canonical_bytes_of_each_partition(made, backend):
    assert [(part.partition, part.events) for part in made.parts] == [(OLD, 5), ("auditsearch-2020.12", 1)]
    assert {text for part in made.parts for text in manifest.texts(made, part)} == stored(backend)
    first = made.parts[0]
    assert (first.first, first.last) == (NOON - 6 * YEAR, NOON - 6 * YEAR + 4)


def test_its_files_are_for_their_owner_only_and_nothing_else_is_left(made):
    files = {path.name: path.stat().st_mode & 0o777 for path in made.folder.iterdir()}
    assert set(files.values()) == {0o600}
    assert len(files) == len({".lock", made.path.name, *(part.name for part in made.parts)})


def test_the_manifest_tells_counts_times_hashes_and_schema(made):
    tree = json.loads(made.path.read_text())
    part = tree["parts"][0]
    data = (made.folder / part["name"]).read_bytes()
    assert (part["events"], part["schema"], part["last"] - part["first"]) == (5, SCHEMA, 4)
    assert (part["size"], part["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    leaves = [bytes.fromhex(leaf(text)) for text in manifest.texts(made, made.parts[0])]
    assert part["root"] == root(leaves).hex()


def test_progress_is_told_at_each_stage(backend, tmp_path):
    fill(backend)
    told = []
    made = archive(backend, tmp_path, reset=True, progress=lambda *step: told.append(step))[0]
    assert told == [("archived", 5, 5), ("read back", 5, 5), ("removed", 5, 5)]
    restore(backend, made.path, progress=lambda *step: told.append(step))
    assert told[3:] == [("checked", 5, 5), ("restored", 5, 5)]


def test_events_of_a_kind_lie_beside_each_other(backend, tmp_path):
    for n in range(9):
        fill(backend, 1, object_type=f"shop.M{n % 3}", object_id=n)
    made = archive(backend, tmp_path)[0]
    kinds = [json.loads(text)["object_type"] for text in manifest.texts(made, made.parts[0])]
    assert kinds == sorted(kinds)


def test_the_names_follow_the_template(backend, tmp_path, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"ARCHIVE_FILENAME_TEMPLATE": "dump-%Y"}
    fill(backend)
    assert archive(backend, tmp_path)[0].path.name.startswith("dump-20")


def test_only_what_was_asked_for_is_archived(backend, tmp_path):
    fill(backend, 2, log="payments")
    fill(backend, 3)
    made = archive(backend, tmp_path, log="payments", before=NOON - 6 * YEAR + 1)[0]
    assert made.events == 1


def test_where_there_is_nothing_no_file_is_made(backend, tmp_path):
    assert archive(backend, tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [".auditsearch-archive.lock"]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_what_is_restored_is_what_was_there_without_doubles(kind, made, backend, tmp_path):
    other = MemoryBackend() if kind == "memory" else SQLiteBackend(tmp_path / "other.sqlite3")
    assert restore(other, made.path).events == 6
    restore(other, made.folder / made.parts[0].name)
    assert (stored(other), other.holdings()) == (stored(backend), backend.holdings())


def test_with_reset_the_store_gives_back_what_the_archive_holds(backend, tmp_path):
    before = {one.canonical for one in fill(backend)}
    made = archive(backend, tmp_path, reset=True)[0]
    assert (stored(backend), made.removed) == (set(), (OLD,))
    assert DroppedPartition.objects.filter(name=OLD).exists()
    restore(backend, made.path)
    assert stored(backend) == before
    assert not DroppedPartition.objects.exists()


def test_with_reset_what_was_not_asked_for_stays(backend, tmp_path):
    fill(backend, 2, log="payments")
    kept = {one.canonical for one in fill(backend, 3)}
    archive(backend, tmp_path, log="payments", reset=True)
    assert stored(backend) == kept
    assert not DroppedPartition.objects.exists()


def test_with_reset_what_is_held_stays(backend, tmp_path):
    holds.place("a case at court", object_type="shop.Order", object_id="8")
    fill(backend, 2)
    kept = fill(backend, 1, object_id="8")
    archive(backend, tmp_path, reset=True)
    assert stored(backend) == {one.canonical for one in kept}


def test_a_partition_for_which_events_wait_is_not_dropped_whole(backend, tmp_path, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"DELIVERY": "command"}
    late = event(partition=OLD, ts=NOON - 6 * YEAR)
    outbox.append("default", [(late.id, OLD, late.canonical, None)])
    fill(backend)
    archive(backend, tmp_path, reset=True)
    assert not DroppedPartition.objects.exists()
    assert stored(backend) == set()


def test_the_time_that_still_runs_is_not_dropped_whole(backend, tmp_path, monkeypatch):
    monkeypatch.setattr(removal.time, "time_ns", lambda: (NOON - 6 * YEAR) * 1000)
    fill(backend)
    archive(backend, tmp_path, reset=True)
    assert not DroppedPartition.objects.exists()


def test_what_is_not_what_was_captured_is_not_archived_and_not_removed(backend, tmp_path):
    fill(backend)
    real = event(partition=OLD, ts=NOON - 6 * YEAR + 9)
    backend.index([forged := real._replace(canonical=real.canonical.replace("Anna", "Eve"))])
    with pytest.raises(ArchiveError, match=f"{forged.id} is not what was captured"):
        archive(backend, tmp_path, reset=True)
    assert len(stored(backend)) == 6


@pytest.mark.parametrize("step", ["with_part", "check", "_remove", "check_part", "_take_out"])
def test_killed_at_any_step_the_next_run_finishes_it(step, backend, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(*args, **kwargs):
        raise Killed

    before = {one.canonical for one in [*fill(backend), *fill(backend, 2, "auditsearch-2020.12")]}
    monkeypatch.setattr(life, step, kill)
    with pytest.raises(Killed):
        archive(backend, tmp_path, reset=True)
    monkeypatch.undo()
    PartitionLock.objects.all().delete()  # the lock of a dead process ends by itself
    [made] = archive(backend, tmp_path)
    assert stored(backend) == set()
    assert {text for part in made.parts for text in manifest.texts(made, part)} == before
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("*.unfinished.json"))


def test_what_was_finished_is_told_even_where_no_other_archive_can_be_made(backend, tmp_path, monkeypatch, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"ARCHIVE_FILENAME_TEMPLATE": "dump"}
    fill(backend)
    monkeypatch.setattr(life, "check", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        archive(backend, tmp_path)
    monkeypatch.undo()
    with pytest.raises(ArchiveError, match=r"^dump, which was left unfinished, is done now\. .* already"):
        archive(backend, tmp_path, before=NOON)
    assert manifest.read(tmp_path / "dump.manifest.json").events == 5


def test_an_archive_of_the_same_name_is_not_written_over(made, backend, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"ARCHIVE_FILENAME_TEMPLATE": made.stem}
    with pytest.raises(ArchiveError, match="already"):
        archive(backend, made.folder)
    restore(MemoryBackend(), made.path)


def test_a_restore_that_was_broken_off_is_finished_by_the_next(made, backend):
    target = Server(BackendUnavailable("gone"))
    with pytest.raises(BackendUnavailable):
        restore(target, made.path)
    target.fails = None
    restore(target, made.path)
    assert stored(target) == stored(backend)


def test_what_the_store_refuses_is_told(made):
    refused = next(manifest.ids(made, made.parts[0]))
    with pytest.raises(NotStored, match=refused):
        restore(Server(**{refused: Settled.QUARANTINE}), made.path)


def test_an_event_stored_in_part_is_archived_whole_from_the_outbox(backend, tmp_path):
    one = fill(backend, 1)[0]
    cut = SimpleNamespace(id=one.id, leaf=one.leaf, canonical="{}", flags={"truncated"})
    with pytest.raises(ArchiveError, match="can't be archived whole"):
        gathering.line(cut)
    outbox.append("default", [(one.id, OLD, one.canonical, None)])
    OutboxRow.objects.update(state="truncated")
    assert gathering.line(cut).decode() == one.canonical


def test_a_truncated_file_is_refused(made):
    path = made.folder / made.parts[0].name
    damage(path, lambda data: data.__delitem__(slice(-20, None)))
    target = MemoryBackend()
    with pytest.raises(ArchiveError, match="bytes"):
        restore(target, made.path)
    assert stored(target) == set()


@pytest.mark.parametrize("place", [0, 30, -1])
def test_a_flipped_bit_is_refused_before_anything_is_stored(made, place):
    damage(made.folder / made.parts[-1].name, lambda data: data.__setitem__(place, data[place] ^ 4))
    target = MemoryBackend()
    with pytest.raises(ArchiveError, match="SHA-256 differs"):
        restore(target, made.path)
    assert stored(target) == set()


def test_events_other_than_the_manifests_are_refused_even_under_a_right_hash(made):
    part = made.parts[0]
    path = made.folder / part.name
    path.unlink()
    with packing.packed(path) as write:
        write(b'{"id":"forged"}\n')
    size, sha256 = packing.digest(path)
    changed = {name: getattr(part, name) for name in part.__slots__} | {"size": size, "sha256": sha256}
    with pytest.raises(ArchiveError, match="does not hold the events"):
        restore(MemoryBackend(), rewritten(made, parts=[changed]))


def test_a_changed_manifest_is_refused(made):
    made.path.write_text(made.path.read_text().replace('"events": 5', '"events": 4'))
    with pytest.raises(ArchiveError, match="hash differs"):
        manifest.read(made.path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"version": 2}, "newer auditsearch"), ({"format": "tar"}, "no manifest"), ({"site": "other"}, "--adopt")],
)
def test_what_is_not_this_sites_archive_is_refused_with_the_reason(made, changes, said):
    with pytest.raises(ArchiveError, match=said):
        restore(MemoryBackend(), rewritten(made, **changes))


def test_events_of_a_newer_schema_are_refused(backend, tmp_path):
    fill(backend, schema=SCHEMA + 1)
    made = archive(backend, tmp_path)[0]
    with pytest.raises(ArchiveError, match="upgrade auditsearch"):
        restore(MemoryBackend(), made.path)


def test_another_sites_archive_can_be_adopted(made, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"INDEX_PREFIX": "moved"}
    target = MemoryBackend()
    restore(target, made.path, adopt=True)
    assert target.holdings() == {"moved-2020.11": 5, "moved-2020.12": 1}


def test_a_manifest_without_its_files_and_files_without_their_manifest_are_refused(made):
    data = made.folder / made.parts[0].name
    data.rename(data.with_name("gone"))
    with pytest.raises(ArchiveError, match="can't be read"):
        restore(MemoryBackend(), made.path)
    made.path.unlink()
    with pytest.raises(ArchiveError, match="no manifest beside it"):
        restore(MemoryBackend(), data)


def test_a_full_disk_is_told_and_nothing_is_removed(backend, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    fill(backend)
    monkeypatch.setattr(packing, "synced", full)
    with pytest.raises(ArchiveError, match="make room there"):
        archive(backend, tmp_path, reset=True)
    assert len(stored(backend)) == 5


def test_a_destination_that_is_missing_or_can_not_be_written_is_told(backend, tmp_path):
    with pytest.raises(ArchiveError, match="is no folder"):
        archive(backend, tmp_path / "none")
    with pytest.raises(ArchiveError, match="can't be written"), packing.told(tmp_path):
        raise OSError(30, "Read-only file system")


def test_the_commands_archive_and_restore(tmp_path, capsys):
    fill(get_backend())
    call_command("auditsearch_archive", destination=str(tmp_path), before="1 year", reset=True)
    [path] = tmp_path.glob("*.manifest.json")
    assert "5 events" in capsys.readouterr().out
    assert stored(get_backend()) == set()
    call_command("auditsearch_restore", str(path))
    assert len(stored(get_backend())) == 5


def test_the_archive_command_says_what_is_missing(tmp_path):
    with pytest.raises(CommandError, match="--destination"):
        call_command("auditsearch_archive")
    with pytest.raises(CommandError, match="is no age"):
        call_command("auditsearch_archive", destination=str(tmp_path), before="long ago")


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"before": ""}, "is no age"),
        ({"before": "0001-01-01"}, "before the calendar begins"),
        ({"before": "yesterday"}, "A date is written as"),
        ({"log": ""}, "No event of a log '' is stored; there are: main"),
        ({"log": "paymnets"}, "there are: main"),
        ({"destination": ""}, "Say where to"),
        ({"destination": "/nowhere"}, "is no folder"),
    ],
)
def test_what_may_be_a_slip_is_refused_and_nothing_is_removed(tmp_path, settings, given, told, dry_run):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"BATCH_SIZE": 498}  # a change of settings makes a new store
    fill(get_backend())
    before = stored(get_backend())
    with pytest.raises(CommandError, match=told):
        call_command("auditsearch_archive", **{"destination": str(tmp_path)} | given, reset=True, dry_run=dry_run)
    assert stored(get_backend()) == before


def test_a_log_that_is_declared_may_have_no_events_yet(backend, tmp_path, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"LOGS": {"payments": {}}}
    assert archive(backend, tmp_path, log="payments") == []
