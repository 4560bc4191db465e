"""Delivery: who ships after a commit, and that no one is disturbed by it."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.core.signals import request_started
from django.db import connection, connections, transaction

from auditsearch import delivery, notes, outbox, queue, ship, sweep, thread
from auditsearch.backends import base, get_backend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.hostlock import HostLock, lock_path
from auditsearch.models import OutboxRow
from auditsearch.query.tree import And
from tests.rows import append
from tests.stores import FileStore, Server

ROOT = Path(__file__).parent.parent
SERVER = {"HOSTS": ["http://search:9200"]}


def processes(scenario: str, folder: Path) -> Any:
    """What a scenario of `tests.processes` tells."""
    command = [sys.executable, "-m", "tests.processes", scenario, str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, timeout=900, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Databases whose commits were answered."""
    seen: list[str] = []
    monkeypatch.setattr(delivery, "committed", seen.append)
    return seen


@pytest.fixture
def shop_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test runner is there."""
    monkeypatch.delattr(mail, "outbox")


@pytest.fixture
def site_file(tmp_path: Path, transactional_db: None) -> Iterator[Path]:
    """The default database in a file, with its tables."""
    path, former = tmp_path / "site.sqlite3", connections["default"]
    former.ensure_connection()
    with closing(sqlite3.connect(path)) as file:
        former.connection.backup(file)
    connections["default"] = connections.create_connection("default")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(former.settings_dict, "NAME", path)
        yield path
        connections["default"].close()
    connections["default"] = former


@pytest.mark.django_db(transaction=True)
class TestRing:
    def test_a_transaction_is_answered_once(self, answered) -> None:
        with transaction.atomic():
            for _ in range(3):
                append()
            with transaction.atomic():
                append()
            assert not answered
        assert answered == ["default"]

    def test_many_savepoints_are_answered_once(self, answered) -> None:
        with transaction.atomic():
            for _ in range(3):
                with transaction.atomic():
                    append()
        assert answered == ["default"]

    def test_a_rolled_back_savepoint_takes_no_answer_with_it(self, answered) -> None:
        with transaction.atomic():
            with transaction.atomic():
                append()
                transaction.set_rollback(True)
            append()
        assert answered == ["default"]

    def test_a_savepoint_rolled_back_after_the_ring_takes_no_answer_with_it(self, answered) -> None:
        with transaction.atomic():
            append()
            with transaction.atomic():
                append()
                transaction.set_rollback(True)
        assert answered == ["default"]

    def test_a_rolled_back_transaction_is_not_answered(self, answered) -> None:
        with transaction.atomic():
            append()
            transaction.set_rollback(True)
        with transaction.atomic():
            pass
        assert not answered

    def test_each_transaction_is_answered(self, answered) -> None:
        for _ in range(2):
            with transaction.atomic():
                append()
        append()
        assert answered == ["default"] * 3

    def test_who_commits_by_hand_waits_for_the_sweep(self, answered) -> None:
        connection.set_autocommit(False)
        append()
        connection.commit()
        connection.set_autocommit(True)
        assert not answered

    def test_a_later_hook_runs_though_delivery_fails(self, monkeypatch, caplog) -> None:
        monkeypatch.setattr(delivery, "mode", lambda using: 1 / 0)
        ran: list[int] = []
        with transaction.atomic():
            append()
            transaction.on_commit(lambda: ran.append(1))
        assert ran == [1]
        assert [record.action for record in caplog.records] == ["delivery_failed"]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("options", "file", "immediate", "mode"),
    [
        ({}, True, False, "inline"),
        (SERVER, False, False, "thread"),
        (SERVER, True, False, "command"),
        (SERVER, True, True, "thread"),
        ({**SERVER, "DELIVERY": "inline"}, True, False, "inline"),
        ({**SERVER, "DELIVERY": "thread"}, True, False, "thread"),
        ({"DELIVERY": "command"}, True, False, "command"),
    ],
)
def test_the_setting_the_store_and_the_database_say_who_ships(
    settings, monkeypatch, shop_floor, options, file, immediate, mode
) -> None:
    settings.AUDITSEARCH = options
    site = connections["default"].settings_dict
    monkeypatch.setitem(site, "NAME", "site.sqlite3" if file else ":memory:")
    monkeypatch.setitem(site, "OPTIONS", {"transaction_mode": "immediate"} if immediate else {})
    assert delivery.mode("default") == mode


def test_under_a_test_runner_there_is_never_a_thread(settings) -> None:
    settings.AUDITSEARCH = {**SERVER, "DELIVERY": "thread"}
    assert delivery.mode("default") == "command"


@pytest.mark.django_db
def test_a_process_s_first_request_starts_its_thread(settings, monkeypatch, shop_floor) -> None:
    settings.AUDITSEARCH = SERVER
    rung: list[int] = []
    monkeypatch.setattr(thread, "ring", lambda: rung.append(1))
    monkeypatch.setattr(delivery, "_served", set())
    for _ in range(3):
        request_started.send(sender=None)
    assert rung == [1]


@pytest.mark.django_db(transaction=True)
def test_inline_ships_before_the_caller_goes_on() -> None:
    before = get_backend().count(And(()))
    append()
    assert get_backend().count(And(())) == before + 1
    assert not OutboxRow.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [BackendUnavailable("away"), ConfigurationError("wrong"), OSError("disk full")])
def test_trouble_is_told_once_and_its_end_too(monkeypatch, settings, caplog, error) -> None:
    settings.AUDITSEARCH = {"DELIVERY": "inline"}
    caplog.set_level(logging.INFO, "auditsearch")
    store = Server(error)
    monkeypatch.setattr(sweep, "get_backend", lambda: store)
    monkeypatch.setattr(sweep, "time", SimpleNamespace(monotonic=iter(range(0, 10**6, 1000)).__next__))
    for fails in (error, error, None, None):
        store.fails = fails
        append()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert store.count(And(())) == 4


@pytest.mark.django_db(transaction=True)
def test_a_store_in_trouble_is_left_alone_for_a_while(monkeypatch, settings) -> None:
    settings.AUDITSEARCH = {"DELIVERY": "inline"}
    store = Server(BackendUnavailable("away"))
    monkeypatch.setattr(sweep, "get_backend", lambda: store)
    for _ in range(5):
        append()
    assert len(store.batches) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("fate", sweep.TELL)
def test_what_was_not_simply_shipped_is_told_with_an_action(fate, caplog) -> None:
    (event,) = append()
    sweep.tell(ship.drain("default", Server(**{event: fate})))
    (record,) = caplog.records
    assert (record.action, "as the test wants" in record.message) == (sweep.TELL[fate][1], True)


@pytest.mark.sqlite
class TestSQLiteFile:
    """On an SQLite file shipping takes a lock beside it, and writes nothing."""

    @pytest.fixture
    def store(self, tmp_path: Path, settings: Any) -> FileStore:
        settings.AUDITSEARCH = {"DELIVERY": "command"}
        return FileStore(tmp_path / "shipped")

    def test_shipping_alone_writes_nothing_to_the_database(self, site_file, store) -> None:
        with closing(sqlite3.connect(site_file)) as watcher:
            append()
            before = watcher.execute("PRAGMA data_version").fetchall()
            assert [ship.drain("default", store, tidy=False).done for _ in range(3)] == [1, 0, 0]
            assert watcher.execute("PRAGMA data_version").fetchall() == before

    def test_shipped_rows_go_with_a_later_change(self, site_file, settings, monkeypatch) -> None:
        settings.AUDITSEARCH = {"DELIVERY": "inline"}
        monkeypatch.setattr(notes, "DUE", 20)
        monkeypatch.setattr(queue, "DUE", 20)
        for _ in range(100):
            append()
        assert OutboxRow.objects.count() < 60
        assert len(notes.Notes(lock_path("default")).read()) < 60

    def test_a_change_that_is_rolled_back_brings_its_rows_back_and_nothing_is_doubled(self, site_file, store) -> None:
        for _ in range(3):
            append()
        ship.drain("default", store, tidy=False)
        with transaction.atomic():
            outbox.remove("default", notes.Notes(lock_path("default")).read(), keep=0)
            transaction.set_rollback(True)
        assert OutboxRow.objects.count() == 3
        assert ship.drain("default", store).done == 0

    def test_while_one_ships_the_others_go_on(self, site_file, store) -> None:
        append()
        with HostLock(lock_path("default")):
            assert ship.drain("default", store).busy
        assert ship.drain("default", store).done == 1

    def test_a_lock_that_cannot_be_made_says_which_file(self, tmp_path) -> None:
        lock = HostLock(tmp_path / "missing" / "lock")
        with pytest.raises(ConfigurationError, match="lock"):
            lock.__enter__()

    def test_a_lock_that_was_held_at_a_fork_is_the_parent_s_alone(self, tmp_path) -> None:
        ready, go = os.pipe(), os.pipe()
        with HostLock(tmp_path / "lock"):
            pid = os.fork()
            if not pid:
                os.write(ready[1], b".")
                os.read(go[0], 1)
                os._exit(0)
            os.read(ready[0], 1)
            with HostLock(tmp_path / "lock") as free:
                assert not free
        with HostLock(tmp_path / "lock") as free:
            assert free
        os.write(go[1], b".")
        os.waitpid(pid, 0)

    def test_a_half_written_note_is_left_out(self, tmp_path) -> None:
        path = tmp_path / "notes"
        path.write_text("1 a\n2 b\nx\n3 ")
        assert notes.Notes(path).read() == [(1, "a"), (2, "b")]


@pytest.mark.sqlite
@pytest.mark.slow
class TestProcesses:
    """Real processes, real files, kill -9."""

    def test_a_crash_at_any_point_leaves_one_document_of_what_was_committed(self, tmp_path) -> None:
        told = processes("crashes", tmp_path)
        assert Counter(case["killed"] for case in told) == {True: 2 * 4 * 4}
        assert [case for case in told if case["stored"] != case["expected"] or case["left"]] == []

    def test_shippers_on_the_same_rows_send_each_once(self, tmp_path) -> None:
        once = {"events": 300, "sent": 300, "failed": 0}
        assert processes("race", tmp_path) == {"Noted": once, "Leased": once}

    def test_requests_that_read_and_then_write_fail_no_more_often_than_without_us(self, tmp_path) -> None:
        failed = processes("requests", tmp_path)
        chance = 6 * (failed["without"] + 1) ** 0.5  # four standard deviations of the difference
        assert failed["with"] <= failed["without"] + chance

    def test_after_a_fork_the_child_ships_with_a_thread_of_its_own(self, tmp_path) -> None:
        assert processes("fork", tmp_path) == {"own": True, "stored": ["child", "parent"]}

    def test_a_process_that_ends_ships_what_it_has_just_captured(self, tmp_path) -> None:
        processes("leave", tmp_path)
        assert SQLiteBackend(tmp_path / "store").count(And(())) == 1


def test_every_fate_but_shipped_is_told() -> None:
    assert set(base.Settled) - set(sweep.TELL) == {base.Settled.SHIPPED}
