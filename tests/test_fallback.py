"""POLICY: what happens to a change whose event the outbox can't take, because a table is missing or a disk is full."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, connections, transaction

from auditsearch import fallback, outbox, sweep
from auditsearch.backends import get_backend
from auditsearch.event import new_id
from auditsearch.exceptions import ConfigurationError
from auditsearch.models import OutboxRow
from auditsearch.query.tree import And
from tests.factories import NOON, PARTITION, canonical

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

TABLE = "auditsearch_outbox"
FULL = {
    "postgresql": (
        "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; "
        f"END $$ LANGUAGE plpgsql; CREATE TRIGGER full_disk BEFORE INSERT ON {TABLE} EXECUTE FUNCTION full_disk()",
        "DROP FUNCTION full_disk CASCADE",
    ),
    "mysql": (
        f"CREATE TRIGGER full_disk BEFORE INSERT ON {TABLE} FOR EACH ROW SIGNAL SQLSTATE 'HY000' "
        "SET MYSQL_ERRNO = 1114, MESSAGE_TEXT = 'The table is full'",
        "DROP TRIGGER full_disk",
    ),
    "sqlite": ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"),  # as small as it can be: as it is
}
"""How a database comes to say that its disk is full, and how that ends. A server's disk is not ours to fill."""


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    """FALLBACK_FILE of a site that rather changes unaudited than not at all."""
    path = tmp_path / "fallback.ndjson"
    settings.AUDITSEARCH = {"POLICY": "degrade", "FALLBACK_FILE": path, "DELIVERY": "command"}
    return path


@contextmanager
def missing_table() -> Iterator[None]:
    """The outbox's table is not there."""
    rename(TABLE, "gone")
    yield
    rename("gone", TABLE)


@contextmanager
def full_disk(alias: str = "default") -> Iterator[None]:
    """The database can't grow by a page."""
    begin, end = FULL[connections[alias].vendor]
    with connections[alias].cursor() as cursor:
        if connections[alias].vendor == "sqlite":
            cursor.execute("VACUUM")
        cursor.execute(begin)
        yield
        cursor.execute(end)


def rename(former: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {former} RENAME TO {name}")


def change(verbose: str = "", *, large: bool = False) -> str:
    """A change with its event, in one transaction."""
    event = new_id(NOON)
    text = canonical(id=event, verbose=verbose or None, context_data={"text": "x" * 100_000} if large else None)
    with transaction.atomic():
        Group.objects.create(name=event)
        outbox.append("default", [(event, PARTITION, text, None)])
    return event


TROUBLES = [(missing_table, ConfigurationError), (full_disk, DatabaseError)]


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
def test_strict_takes_the_change_back(trouble, error) -> None:
    with trouble(), pytest.raises(error):
        change(large=True)
    assert not Group.objects.exists()
    assert not OutboxRow.objects.exists()


def test_degrade_keeps_the_change_and_its_event_comes_back_later(file, caplog) -> None:
    with missing_table():
        event = change()
        assert Group.objects.filter(name=event).exists()
        assert (fallback.waiting(), [record.action for record in caplog.records]) == (1, ["degraded"])
        assert fallback.findings()
    sweep.deliver("default")
    assert (fallback.waiting(), get_backend().count(And(()))) == (0, 1)
    assert not fallback.findings()


def test_degrade_keeps_a_change_whose_outbox_is_on_a_full_disk(file, settings) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "DATABASE": "other"}
    with full_disk("other"):
        event = change(large=True)
        assert Group.objects.filter(name=event).exists()
        assert fallback.waiting() == 1
    assert fallback.refill(outbox.insert) == 1
    assert OutboxRow.objects.using("other").get().event_id == event


@pytest.mark.sqlite
def test_a_change_that_the_database_took_back_itself_is_told_to_the_caller(file) -> None:
    with full_disk(), pytest.raises(DatabaseError):
        change(large=True)
    assert not Group.objects.exists()
    assert fallback.waiting() == 0


def test_what_is_rolled_back_leaves_nothing_in_the_file(file) -> None:
    with missing_table():
        with transaction.atomic():
            change()
            transaction.set_rollback(True)
        with transaction.atomic():
            with transaction.atomic():
                change()
                transaction.set_rollback(True)
            change()
    assert fallback.waiting() == 1


def test_the_bytes_of_an_event_come_back_as_they_were(file) -> None:
    rows = [(new_id(NOON), PARTITION, canonical(verbose='","event":{"\n'), '{"a":","event":1"}') for _ in range(3)]
    with missing_table(), transaction.atomic():
        outbox.append("default", rows)
    fallback.refill(outbox.insert)
    names = ("event_id", "partition", "canonical", "personal")
    assert list(OutboxRow.objects.order_by("id").values_list(*names)) == rows


def test_the_file_is_the_site_s_alone(file) -> None:
    with missing_table():
        change()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600


def test_what_the_outbox_still_can_t_take_stays_in_the_file(file) -> None:
    with missing_table():
        events = [change() for _ in range(2)]
        assert fallback.refill(outbox.insert) == 0
        assert fallback.waiting() == 2
    assert fallback.refill(outbox.insert) == 2
    assert sorted(OutboxRow.objects.values_list("event_id", flat=True)) == sorted(events)


def test_events_that_nothing_takes_are_told_by_their_number_without_content(settings, caplog) -> None:
    settings.AUDITSEARCH = {"POLICY": "degrade", "FALLBACK_FILE": "/dev/full/none", "DELIVERY": "command"}
    with missing_table():
        change("SECRET")
    assert [record.action for record in caplog.records] == ["degraded", "events_lost"]
    assert "SECRET" not in caplog.text


def test_a_full_disk_under_the_file_leaves_no_half_line(file, monkeypatch, caplog) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with missing_table():
        change()
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            change()
        change()
    assert "events_lost" in [record.action for record in caplog.records]
    assert (fallback.waiting(), fallback.refill(outbox.insert)) == (2, 2)


def test_degrade_without_a_file_is_an_error(settings) -> None:
    settings.AUDITSEARCH = {"POLICY": "degrade", "DELIVERY": "command"}
    with pytest.raises(ConfigurationError, match="FALLBACK_FILE"):
        change()


def test_while_all_is_well_degrade_writes_no_file(file) -> None:
    change()
    assert OutboxRow.objects.count() == 1
    assert not file.exists()
