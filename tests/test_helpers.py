"""Helpers, managers and routers that applications use by name."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db import router
from django.test import RequestFactory

from auditsearch import helpers
from auditsearch.context import request_scope, running_scope
from auditsearch.managers import AuditManager, DataLoggingManager, declared
from auditsearch.models import OutboxRow
from auditsearch.testing import Captured
from tests.capture.conftest import audit, events, order  # noqa: F401 - fixtures
from tests.shop.models import Account, Customer, Order, Price, Visit


def test_a_snapshot_is_what_an_event_shows(events: Captured) -> None:  # noqa: F811
    made = order(amount="12.50")
    assert helpers.get_snapshot(made) == events[-1].object_snapshot
    assert helpers.get_snapshot(made)["amount"] == Decimal("12.50")
    assert helpers.get_snapshot(Account(username="a", password="abc"))["password"] == "***"


def test_a_snapshot_asks_nothing(db: None, django_assert_num_queries: Any) -> None:
    made = order()
    deferred = Order.objects.only("number").get(pk=made.pk)
    with django_assert_num_queries(0):
        assert helpers.get_snapshot(deferred) == {"id": made.pk, "number": "A-1"}
        assert helpers.get_snapshot(Visit(customer_id=5)) == {"customer_id": 5, "id": None}


def test_server_mode_is_that_of_requests_tasks_and_servers() -> None:
    assert helpers.is_server_mode()
    with running_scope("command", {"command": "greet"}):
        assert not helpers.is_server_mode()
        with request_scope(RequestFactory().get("/")):
            assert helpers.is_server_mode()
    with running_scope("task", {"task": "shop.remind"}):
        assert helpers.is_server_mode()


def test_what_is_for_servers_does_nothing_in_a_shell(db: None, capsys: Any) -> None:
    guarded = "@only_server_mode\ndef f(): return 5\nprint(f())"
    call_command("shell", command=f"from auditsearch.helpers import only_server_mode\n{guarded}")
    assert capsys.readouterr().out.strip().endswith("None")
    assert helpers.only_server_mode(lambda value: value)(5) == 5


def test_a_model_is_tracked_by_its_manager(events: Captured) -> None:  # noqa: F811
    Price.objects.create(amount=5)
    assert (events[-1].event_code, events[-1].object_type) == ("insert", "shop.Price")
    assert declared() == [Price]
    assert AuditManager is DataLoggingManager


ROUTERS = ["auditsearch.dbrouters.DataLoggerRouter", "auditsearch.dbrouters.NotUseDataLoggerDBRouter"]


@pytest.fixture
def apart(settings: Any, audit: Any) -> None:  # noqa: F811
    """The outbox on a database of its own."""
    audit(DATABASE="other")
    settings.DATABASE_ROUTERS = ROUTERS


def test_routers_keep_the_outbox_on_its_own_database(apart: None) -> None:
    assert (router.db_for_read(OutboxRow), router.db_for_write(OutboxRow)) == ("other", "other")
    assert [router.allow_migrate_model(alias, OutboxRow) for alias in ("default", "other")] == [False, True]
    assert [router.allow_migrate_model(alias, Customer) for alias in ("default", "other")] == [True, False]
    assert router.db_for_write(Customer) == "default"
    assert not router.allow_relation(OutboxRow(), Customer())
    assert router.allow_relation(Customer(), Customer())


def test_without_database_routers_decide_nothing(settings: Any) -> None:
    settings.DATABASE_ROUTERS = ROUTERS
    assert all(
        router.allow_migrate_model(alias, model) for alias in ("default", "other") for model in (OutboxRow, Order)
    )
    assert router.db_for_write(OutboxRow) == "default"
