"""What applications' tests use: captured events, and shipping at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.db import transaction
from django.test import TestCase, TransactionTestCase

from auditsearch import outbox
from auditsearch.backends import get_backend
from auditsearch.backends.memory import MemoryBackend
from auditsearch.event import new_id
from auditsearch.models import OutboxRow
from auditsearch.pytest_plugin import auditsearch_events  # noqa: F401 - as its entry point offers it
from auditsearch.query.tree import And
from auditsearch.testing import captured_events, ship
from tests.factories import NOON, PARTITION, canonical


def capture(using: str = "default", **changes: object) -> str:
    """Capture one event; returns its id."""
    event = new_id(NOON)
    outbox.append(using, [(event, PARTITION, canonical(id=event, **changes), None)])
    return event


class InsideTestCase(TestCase):
    """Where nothing is ever committed."""

    def test_events_captured_inside_are_given(self) -> None:
        capture()
        with captured_events() as events:
            inside = [capture(user="Анна"), capture()]
        assert [event.id for event in events] == inside
        assert events[0].user == "Анна"
        assert [event.id for event in events[1:]] == inside[1:]

    def test_rolled_back_events_are_none(self) -> None:
        with captured_events() as events, transaction.atomic():
            capture()
            transaction.set_rollback(True)
        assert not events

    def test_shipped_events_are_found(self) -> None:
        with captured_events():
            capture()
        assert ship().done == 1
        assert get_backend().count(And(())) == 1


class InsideTransactionTestCase(TransactionTestCase):
    """Where commits are real, and would ship inline."""

    databases = ("default", "other")

    def test_committed_events_are_given_too(self) -> None:
        with captured_events() as events:
            capture()
        assert len(events) == 1

    def test_the_database_is_chosen(self) -> None:
        with captured_events("other") as events:
            capture("other")
            capture("default")
        assert len(events) == 1

    def test_without_looking_commits_ship_into_the_store_in_memory(self) -> None:
        with captured_events():
            capture()
        capture()
        assert get_backend().count(And(())) == 2
        assert not OutboxRow.objects.exists()


@pytest.mark.django_db
def test_a_store_can_be_given() -> None:
    capture()
    store = MemoryBackend()
    ship(backend=store)
    assert store.count(And(())) == 1


def test_the_fixture_sees_the_test_s_events(auditsearch_events) -> None:  # noqa: F811 - that is how fixtures are asked for
    event = capture()
    assert [each.id for each in auditsearch_events] == [event]
    assert "1 captured" in repr(auditsearch_events)


def test_the_plugin_loads_before_django_is_set_up() -> None:
    code = "import sys, auditsearch.pytest_plugin; sys.exit('django.db' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
