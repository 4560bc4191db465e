"""The shortest way to the database does what Django's cursor does, and is left where it would not."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import nullcontext
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from auditsearch import direct, insertion
from auditsearch.event import new_id
from auditsearch.models import OutboxRow
from tests.databases import OLD_DRIVER_VARIABLE

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = connection.vendor in ("sqlite", "postgresql") and not os.environ.get(OLD_DRIVER_VARIABLE)


def sent(**changes: Any) -> bool:
    """Send one row the short way; returns whether it went."""
    values = {"event_id": new_id(1), "partition": "p", "canonical": '{"a":"Ж \'%s"}', "personal": None} | changes
    return direct.sent(connection, insertion.statement(connection.vendor, 1), list(values.values()))


def begun() -> None:
    """Say something, so that the server knows of the transaction."""
    OutboxRow.objects.count()


def end(process: int) -> None:
    """Let the server end the process of a connection."""
    other = connections.create_connection(connection.alias)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [process])
    other.close()


def postgresql() -> bool:
    return connection.vendor == "postgresql"


def test_it_writes_what_the_cursor_does() -> None:
    with transaction.atomic():
        begun()
        assert sent() == SHORT
        with connection.execute_wrapper(lambda execute, *asked: execute(*asked)):
            insertion.execute(connection, [(new_id(1), "p", '{"a":"Ж \'%s"}', None)] * (2 - SHORT))
    first, second = OutboxRow.objects.order_by("id").values()
    assert abs(first["created_at"] - second["created_at"]) < timedelta(seconds=9)
    assert all(first[name] == second[name] for name in first.keys() - {"id", "event_id", "created_at", "not_before"})


def test_its_row_goes_with_its_transaction_even_where_that_says_nothing_else() -> None:
    with transaction.atomic():
        insertion.execute(connection, [(new_id(1), "p", "{}", None)])
        transaction.set_rollback(True)
    assert not OutboxRow.objects.exists()


def test_a_transaction_that_the_server_does_not_know_of_is_begun_by_the_driver() -> None:
    with transaction.atomic():
        assert sent() == (SHORT and not postgresql())


def test_a_transaction_that_is_begun_at_once_is_that_of_the_block() -> None:
    with transaction.atomic():
        direct.begin(connection)
        assert sent() == SHORT
        transaction.set_rollback(True)
    assert not OutboxRow.objects.exists()


def test_an_isolation_level_of_the_drivers_is_kept() -> None:
    connection.ensure_connection()
    connection.connection.isolation_level = 3 if postgresql() else None
    try:
        with transaction.atomic():
            direct.begin(connection)
            assert sent() == (SHORT and not postgresql())
    finally:
        connection.close()


def test_an_error_is_django_s_and_leaves_its_savepoint_alone() -> None:
    with transaction.atomic():
        begun()
        with pytest.raises(IntegrityError) if SHORT else pytest.raises(AssertionError), transaction.atomic():
            assert sent(event_id=None)
        insertion.execute(connection, [(new_id(1), "p", "{}", None)])
    assert OutboxRow.objects.count() == 1


def test_what_the_columns_cannot_hold_is_refused_as_ever() -> None:
    refused = nullcontext() if connection.vendor == "sqlite" else pytest.raises(DataError)
    with transaction.atomic():
        begun()
        with refused, transaction.atomic():
            insertion.execute(connection, [(new_id(1), "p" * 256, "{}", None)])


def test_a_transaction_that_must_be_rolled_back_takes_no_row() -> None:
    with transaction.atomic():
        begun()
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            insertion.execute(connection, [(new_id(1), "p", "{}", None)])


def test_a_connection_of_another_thread_is_refused() -> None:
    mine, errors = connection._connections[connection.alias], []  # type: ignore[attr-defined]

    def intrude() -> None:
        try:
            insertion.execute(mine, [(new_id(1), "p", "{}", None)])
        except DatabaseError as error:
            errors.append(error)

    begun()
    thread = threading.Thread(target=intrude)
    thread.start()
    thread.join()
    assert len(errors) == 1


def test_whoever_logs_queries_sees_it() -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as seen:
        begun()
        insertion.execute(connection, [(new_id(1), "p", "{}", None)])
    assert any("auditsearch_outbox" in each["sql"] and "INSERT" in each["sql"] for each in seen)


@pytest.mark.parametrize("name", direct.COOPERATIVE)
def test_no_loop_of_greenlets_waits_in_libpq(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    with transaction.atomic():
        direct.begin(connection)
        begun()
        assert sent() == (SHORT and not postgresql())


def test_a_text_with_a_nul_is_refused_and_not_cut() -> None:
    with transaction.atomic():
        begun()
        assert sent(canonical="a\0b") == (SHORT and not postgresql())


def test_another_encoding_is_left_to_the_driver() -> None:
    with transaction.atomic():
        begun()
        if postgresql():
            connection.cursor().execute("SET LOCAL client_encoding TO 'LATIN1'")
        assert sent() == (SHORT and not postgresql())


def test_a_lost_connection_is_an_operational_error() -> None:
    def lose() -> None:
        with transaction.atomic():
            begun()
            end(connection.connection.info.backend_pid)
            sent()

    if postgresql():  # the others have no server, or no short way to it
        with pytest.raises(OperationalError):
            lose()
        connection.close()
    assert not OutboxRow.objects.exists()


def test_other_threads_run_while_a_commit_waits_for_one_of_them() -> None:
    if not (SHORT and postgresql()):
        return
    other = connections.create_connection(connection.alias)
    other.cursor().execute("SELECT pg_advisory_lock(7)")
    release = threading.Timer(0.2, other.connection.close)
    with transaction.atomic():
        connection.cursor().execute("SET LOCAL statement_timeout = '30s'")
        release.start()
        assert direct.sent(connections["default"], "DO 'BEGIN PERFORM pg_advisory_xact_lock(7); END'", [], last=True)
    release.join()
