"""The SQLite file: what it survives, and what it says where a person must act."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditsearch.backends import sqlite_file
from auditsearch.backends.base import Settled, Sort
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.query.tree import ALL, NONE, And, Fact, Node, Not, Or, Words
from tests.factories import event

ORDER = [Sort("ts", descending=True), Sort("id", descending=True)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.sqlite3"


@pytest.fixture
def backend(path: Path) -> Iterator[SQLiteBackend]:
    made = SQLiteBackend(path)
    yield made
    made.close()


def _in_child(work: object) -> int:
    """Run `work` in a forked process; returns its exit code."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join(600)
    assert child.exitcode is not None
    return child.exitcode


def _settled(backend: SQLiteBackend, *documents: object) -> list[Settled]:
    return [outcome.settled for outcome in backend.index(documents)]  # type: ignore[arg-type]


# The file


def test_setup_makes_the_file_once(backend: SQLiteBackend, path: Path) -> None:
    assert backend.setup() == [f"made {path}"]
    assert backend.setup() == []


def test_only_the_owner_may_read_the_file_and_its_companions(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event()])
    modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
    assert modes == dict.fromkeys([path.name, f"{path.name}-wal", f"{path.name}-shm"], 0o600)


def test_status_warns_of_a_file_that_others_may_read(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event()])
    path.chmod(0o644)
    status = backend.status()
    assert (status.events, [finding.level for finding in status.findings]) == (1, ["ok", "warning"])
    assert status.findings[1].hint == f"chmod 600 {path}"


def test_events_stay_after_the_file_is_closed(backend: SQLiteBackend) -> None:
    backend.index([event()])
    backend.close()
    assert backend.count(ALL) == 1


def test_a_commit_is_synced_before_it_is_confirmed(backend: SQLiteBackend) -> None:
    with backend._connection() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    backend = SQLiteBackend(tmp_path / "nowhere" / "audit.sqlite3")
    with pytest.raises(ConfigurationError, match=r"nowhere/audit.sqlite3 can't be opened.*AUDITSEARCH\[\"PATH\"\]"):
        backend.index([event()])
    assert "nowhere" in backend.status().findings[0].message


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be opened or written"):
        SQLiteBackend(tmp_path).count(ALL)


def test_a_file_that_may_only_be_read_answers_and_keeps_rows_waiting(
    backend: SQLiteBackend, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.index([event()])
    backend.close()
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", (*sqlite_file._PRAGMAS, "PRAGMA query_only = 1"))
    assert backend.count(ALL) == 1
    with pytest.raises(ConfigurationError, match="let this process write the file and its folder"):
        backend.index([event()])


def test_another_programs_database_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE auth_user (id)")
    other.close()
    with pytest.raises(ConfigurationError, match="another program's database"):
        SQLiteBackend(path).index([event()])


def test_the_file_of_a_newer_release_is_left_alone(backend: SQLiteBackend) -> None:
    with backend._connection() as connection:
        connection.execute("PRAGMA user_version = 99")
    backend.close()
    with pytest.raises(ConfigurationError, match=r"newer auditsearch \(schema 99, this one knows \d+\)"):
        backend.count(ALL)


def test_the_file_of_an_early_release_is_left_alone(backend: SQLiteBackend) -> None:
    with backend._connection() as connection:
        connection.execute("PRAGMA user_version = 4")
    backend.close()
    with pytest.raises(ConfigurationError, match=r"early auditsearch \(schema 4, .*restore it here"):
        backend.count(ALL)


@pytest.mark.parametrize("content", [b"no database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_named(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="damaged or no SQLite file"):
        SQLiteBackend(path).index([event()])
    assert path.read_bytes() == content


def test_a_truncated_file_is_named(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event(context_data={"text": "long " * 5000}) for _ in range(20)])
    backend.close()
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(ConfigurationError, match="damaged"):
        backend.index([event()])
    assert backend.status().findings[0].level == "error"


def test_a_removed_file_is_made_anew_and_never_written_in_secret(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event()])
    path.unlink()
    assert _settled(backend, event(), event()) == [Settled.SHIPPED] * 2
    backend.close()
    assert path.exists()
    assert backend.count(ALL) == 2


def test_events_of_a_file_removed_while_they_were_written_are_sent_again(backend: SQLiteBackend, path: Path) -> None:
    assert _drop_during(backend, path) == [Settled.RETRY]
    assert _settled(backend, event()) == [Settled.SHIPPED]


def _drop_during(backend: SQLiteBackend, path: Path) -> list[Settled]:
    def unlink(partition: str) -> bool:
        path.unlink()
        return False

    return [outcome.settled for outcome in backend.index([event()], dropped=unlink)]


def test_a_full_disk_is_named_and_nothing_of_the_batch_is_stored(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event()])
    with backend._connection() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(BackendUnavailable, match="no room left"):
        backend.index([event(context_data={"text": "long " * 5000}) for _ in range(20)])
    assert backend.count(ALL) == 1


def test_a_write_that_the_system_refuses_loses_nothing(backend: SQLiteBackend, path: Path) -> None:
    backend.index([event()])

    def fill() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, path.stat().st_size))
        with pytest.raises(BackendUnavailable):
            backend.index([event(context_data={"text": "long " * 50000}) for _ in range(20)])

    assert _in_child(fill) == 0
    assert backend.count(ALL) == 1


def test_a_file_whose_tables_are_gone_is_named(backend: SQLiteBackend) -> None:
    with backend._connection() as connection:
        connection.execute("DROP TABLE page")
    with pytest.raises(ConfigurationError, match="damaged"):
        backend.index([event()])


# Locks, threads and processes


def test_a_locked_file_means_later(backend: SQLiteBackend, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 0.1)
    backend.setup()
    backend.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert _settled(backend, event(), event()) == [Settled.RETRY] * 2
    assert backend.count(ALL) == 0  # readers need no lock
    assert "locked" in backend.status().findings[0].message
    other.close()
    assert _settled(backend, event()) == [Settled.SHIPPED]


def test_a_file_locked_for_a_moment_is_waited_for(backend: SQLiteBackend, path: Path) -> None:
    backend.setup()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.close)
    release.start()
    assert _settled(backend, event()) == [Settled.SHIPPED]
    release.join()


def test_processes_that_make_and_write_one_file_at_once_store_each_event_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_file, "BUSY_SECONDS", 300)  # SQLite lets them wait in no order
    documents = [[event(object_id=f"{n}-{i}") for i in range(60)] for n in range(3)]
    shared = [event() for _ in range(20)]

    def write(mine: list[object]) -> None:
        backend = SQLiteBackend(path)
        for start in range(0, len(mine), 5):
            outcomes = backend.index(mine[start : start + 5])  # type: ignore[arg-type]
            assert {outcome.settled for outcome in outcomes} == {Settled.SHIPPED}
        backend.close()

    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=write, args=([*mine, *shared],)) for mine in documents]
    for child in children:
        child.start()
    for child in children:
        child.join(600)
    assert [child.exitcode for child in children] == [0, 0, 0]
    backend = SQLiteBackend(path)
    assert backend.count(ALL) == 200
    backend.close()


def test_a_fork_after_the_file_was_opened_harms_neither_side(backend: SQLiteBackend) -> None:
    backend.index([event()])

    def child() -> None:
        assert _settled(backend, event()) == [Settled.SHIPPED]
        assert backend.count(ALL) == 2

    assert _in_child(child) == 0
    assert _settled(backend, event()) == [Settled.SHIPPED]
    assert backend.count(ALL) == 3


def test_no_connection_is_open_while_the_process_forks(backend: SQLiteBackend) -> None:
    backend.index([event()])
    assert backend._pool._idle
    assert _in_child(lambda: os._exit(len(backend._pool._idle))) == 0
    assert not backend._pool._idle


def test_a_fork_waits_for_the_questions_of_other_threads(backend: SQLiteBackend) -> None:
    backend.index([event() for _ in range(200)])
    stop = threading.Event()
    failures: list[BaseException] = []

    def ask() -> None:
        while not stop.is_set():
            try:
                backend.search(ALL, order=ORDER)
            except BaseException as error:
                failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    codes = [_in_child(lambda: backend.index([event()])) for _ in range(5)]
    stop.set()
    for thread in threads:
        thread.join()
    assert (codes, failures, backend.count(ALL)) == ([0] * 5, [], 205)


def test_threads_share_connections(backend: SQLiteBackend) -> None:
    for _ in range(8):
        thread = threading.Thread(target=backend.index, args=([event()],))
        thread.start()
        thread.join()
    assert (len(backend._pool._idle), backend.count(ALL)) == (1, 8)


def test_a_document_that_sqlite_cannot_hold_is_kept_from_the_others(backend: SQLiteBackend) -> None:
    good, bad = event(), event(timestamp=2**70 // 10**6, id="bad")
    bad = bad._replace(ts=2**70)
    assert _settled(backend, good, bad, event()) == [Settled.SHIPPED, Settled.QUARANTINE, Settled.SHIPPED]
    assert backend.count(ALL) == 2


# Questions


@pytest.mark.parametrize("wrap", [lambda node: Not(node), lambda node: And((ALL, Or((node, NONE))))])
def test_a_question_may_be_nested(backend: SQLiteBackend, wrap: object) -> None:
    backend.index([event(user="Anna"), event(user="Boris")])
    node: Node = Fact("user_name", "=", "equals", ("Anna",))
    for _ in range(60):
        node = wrap(node)  # type: ignore[operator]
    assert backend.count(node) == 1


def test_a_question_nested_beyond_pythons_stack_is_refused(backend: SQLiteBackend) -> None:
    node: Node = Words(("anna",))
    for _ in range(5000):
        node = Not(node)
    with pytest.raises(ValueError, match="nested too deep"):
        backend.count(node)


@pytest.mark.parametrize("kind", [And, Or])
def test_a_question_may_have_thousands_of_parts(backend: SQLiteBackend, kind: type) -> None:
    backend.index([event(user="Anna"), event(user="Boris")])
    parts = tuple(Fact("user_name", "=", "equals", (name,)) for name in ["Anna"] * 3000)
    assert backend.count(kind(parts)) == 1


def test_one_of_forty_thousand_values_may_be_asked(backend: SQLiteBackend) -> None:
    backend.index([event(user="Anna"), event(user="nul\0")])
    values = tuple(f"name {n}" for n in range(40_000))
    assert backend.count(Fact("user_name", "=", "equals", (*values, "Anna"))) == 1
    assert backend.count(Fact("user_name", "=", "equals", (*values[:300], "nul\0"))) == 1


def test_what_many_events_have_is_asked_event_by_event_with_the_same_answer(
    backend: SQLiteBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.index([event(user=name) for name in ["Anna", "Boris"] * 5])
    node = And((Fact("log_name", "=", "equals", ("main",)), Not(Fact("user_name", "=", "equals", ("Anna",)))))
    listed = backend.search(node, order=ORDER, total=True)
    monkeypatch.setattr("auditsearch.backends.sqlite_clause.PAGE", 0)
    assert backend.search(node, order=ORDER, total=True) == listed
    assert listed.total == 5
