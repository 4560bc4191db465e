"""How a save in autocommit ends: its last INSERT may take the COMMIT along, and nothing else is different for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from auditsearch import direct, insertion, signals
from auditsearch.models import OutboxRow
from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.databases import OLD_DRIVER_VARIABLE
from tests.shop.models import Customer, Order, Tag

TOGETHER = connection.vendor == "postgresql" and not os.environ.get(OLD_DRIVER_VARIABLE)
NOBODY = 10**9
"""A customer's key that no customer has: refused by COMMIT where foreign keys are checked then."""


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """INSERTs that took the COMMIT along."""
    seen: list[bytes] = []
    run = direct._with_commit
    monkeypatch.setattr(direct, "_with_commit", lambda driver, sql, texts: (seen.append(sql), run(driver, sql, texts)))
    return seen


@contextmanager
def before_insert(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object]) -> Iterator[None]:
    """Do something right before the event's INSERT."""
    statement = insertion.statement
    with monkeypatch.context() as patch:
        patch.setattr(insertion, "statement", lambda *asked: (do(), statement(*asked))[1])
        yield


def usual() -> bool:
    """Say whether the connection is as Django leaves it after a commit, on its side and on the server's."""
    asked = (connection.in_atomic_block, connection.needs_rollback, bool(connection.run_on_commit))
    pgconn = connection.connection.pgconn if TOGETHER else None
    idle = pgconn is None or (pgconn.transaction_status, pgconn.pipeline_status) == (direct.IDLE, direct.NO_PIPELINE)
    return connection.get_autocommit() and not any(asked) and idle


def end_of_connection() -> None:
    """Let the server end this connection's process."""
    other = connections.create_connection(connection.alias)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    other.close()


def test_a_save_and_its_event_are_committed_once_it_returns(committed: Captured, together: list[bytes]) -> None:
    customer("a").save()
    Customer.objects.update(name="b")
    made = Customer.objects.get()
    made.name = "c"
    made.save()
    assert len(together) == 2 * TOGETHER
    assert usual()
    connection.close()
    assert [event.event_code for event in committed] == ["insert", "update", "update"]


def test_what_waits_for_the_commit_is_done_once_and_behind_it(
    committed: Captured, together: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[bool] = []
    with before_insert(monkeypatch, lambda: transaction.on_commit(lambda: done.append(usual()))):
        Customer.objects.create(name="a")
    assert done == [True]
    assert len(together) == TOGETHER


def test_an_insert_that_fails_takes_the_change_with_it(
    committed: Captured, together: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("auditsearch.capture.record.Record.freeze", lambda self: (None, "p", "{}", None))
        with pytest.raises(DatabaseError):
            Customer.objects.create(name="a")
    assert usual()
    assert len(together) == TOGETHER
    assert not Customer.objects.exists()
    Customer.objects.create(name="b")
    assert len(committed) == 1


def test_a_commit_that_is_refused_takes_change_and_event_with_it(committed: Captured, together: list[bytes]) -> None:
    with pytest.raises(IntegrityError):
        Order.objects.create(customer_id=NOBODY)
    assert usual()
    assert len(together) == TOGETHER
    assert not Order.objects.exists()
    assert not OutboxRow.objects.exists()
    Customer.objects.create(name="b")
    assert len(committed) == 1


def test_a_server_that_is_gone_in_between_is_an_operational_error(
    committed: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    if TOGETHER:  # the others have no server, or no short way to it
        with pytest.raises(OperationalError), before_insert(monkeypatch, end_of_connection):
            Customer.objects.create(name="a")
        connection.close()
    assert not Customer.objects.exists()
    assert not committed


def test_an_interruption_leaves_no_answer_for_the_next_to_take(
    committed: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(driver: Any) -> Any:
        yield driver.pgconn.get_result()
        raise KeyboardInterrupt

    monkeypatch.setattr(direct, "_until_sync", interrupt)
    with pytest.raises(KeyboardInterrupt) if TOGETHER else nullcontext():
        Customer.objects.create(name="a")
    connection.close_if_unusable_or_obsolete()
    assert Customer.objects.filter(name="b").count() == 0


def test_what_a_handler_saves_meanwhile_ends_nothing(committed: Captured, together: list[bytes]) -> None:
    def also(log_record: Any, **_: Any) -> None:
        if log_record.object_type == "shop.Order":
            Tag.objects.create(name="made meanwhile")

    signals.post_snapshot_signal.connect(also)
    try:
        with pytest.raises(IntegrityError):
            Order.objects.create(customer_id=NOBODY)
    finally:
        signals.post_snapshot_signal.disconnect(also)
    assert len(together) == TOGETHER
    assert not Tag.objects.exists()


@pytest.mark.parametrize("savepoint", [True, False])
def test_a_transaction_of_the_application_is_not_ended(
    committed: Captured, together: list[bytes], *, savepoint: bool
) -> None:
    with transaction.atomic():
        Customer.objects.create(name="a")
        with transaction.atomic(savepoint=savepoint):
            Customer.objects.create(name="b")
        transaction.set_rollback(True)
    assert together == []
    assert not Customer.objects.exists()


def test_nothing_is_committed_where_autocommit_is_off(committed: Captured, together: list[bytes]) -> None:
    transaction.set_autocommit(False)
    try:
        Customer.objects.create(name="a")
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    assert together == []
    assert not Customer.objects.exists()


def test_whoever_listens_or_logs_sees_commit_at_its_place(committed: Captured, together: list[bytes]) -> None:
    with CaptureQueriesContext(connection) as seen:
        Customer.objects.create(name="a")
    with connection.execute_wrapper(lambda execute, *asked: execute(*asked)):
        Customer.objects.create(name="b")
    assert together == []
    assert "auditsearch_outbox" in "".join(each["sql"] for each in seen)
    assert len(committed) == 2


def test_a_connection_that_commits_in_a_way_of_its_own_does(
    committed: Captured, together: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(connections[connection.alias])
    commit, seen = kind._commit, list[int]()
    direct._commits_plainly.cache_clear()
    monkeypatch.setattr(kind, "_commit", lambda self: (seen.append(len(together)), commit(self))[1])
    try:
        Customer.objects.create(name="a")
    finally:
        direct._commits_plainly.cache_clear()
    assert seen == [0]
    assert together == []


def test_several_rows_or_another_database_take_no_commit_along(
    committed: Captured, together: list[bytes], audit: Callable[..., None]
) -> None:
    Customer.objects.bulk_create([Customer(name="a"), Customer(name="b")])
    Customer.objects.all().delete()
    audit(POLICY="degrade", FALLBACK_FILE="/nonexistent/never-written")
    Customer.objects.create(name="c")
    assert together == []
