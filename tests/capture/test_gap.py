"""Auditing that was switched off: said when it is, and told as an event once it is on again."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction

from auditsearch.capture import gap
from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.shop.models import Code, Customer, Post, Tag


@pytest.fixture
def folder(audit: Any, tmp_path: Path) -> Path:
    """A site whose store lies in a folder of the test."""
    audit(PATH=tmp_path / "store.sqlite3")
    return tmp_path


@pytest.fixture
def off(folder: Path, audit: Any, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A site that has run with auditing off, and is on again."""
    audit(ENABLED=False)
    with caplog.at_level(logging.WARNING, "auditsearch"):
        gap.look()
        gap.look()
    audit(ENABLED=True)
    gap.look()
    yield
    gap.pending.clear()


def test_off_there_are_no_rows_and_no_queries(
    transactional_db: None, off: None, audit: Any, django_assert_num_queries: Any
) -> None:
    audit(ENABLED=False)
    with django_assert_num_queries(1):
        Customer.objects.create(name="a")


def test_off_deletes_and_relations_are_asked_for_no_more_than_without_us(
    db: None, audit: Any, django_assert_num_queries: Any
) -> None:
    audit(ENABLED=False)
    post, tag, user = Post.objects.create(), Tag.objects.create(name="a"), User.objects.create(username="a")
    group = Group.objects.create(name="a")
    with django_assert_num_queries(3):
        post.tags.add(tag)
        user.groups.add(group)
        Code.objects.all().delete()


def test_each_start_says_that_auditing_is_off(off: None, caplog: pytest.LogCaptureFixture) -> None:
    assert [(each.levelname, each.action) for each in caplog.get_records("setup")] == [("WARNING", "auditing_off")] * 2  # type: ignore[attr-defined]


def test_on_again_an_event_tells_the_gap_once(committed: Captured, off: None, folder: Path) -> None:
    customer()
    customer()
    assert [event.event_code for event in committed] == ["insert", "auditing_resumed", "insert"]
    event = committed[1]
    assert event.context_data.keys() == {"since", "seconds"}
    assert str(event.verbose).startswith("Auditing was off from 20")
    assert list(folder.glob("auditsearch-off*")) == []


def test_what_is_rolled_back_does_not_take_it_along(committed: Captured, off: None) -> None:
    with transaction.atomic():
        customer()
        transaction.set_rollback(True)
    assert len(committed) == 0
    customer()
    assert [event.event_code for event in committed] == ["insert", "auditing_resumed"]


def test_of_two_processes_one_tells_it(committed: Captured, off: None, folder: Path) -> None:
    (folder / "auditsearch-off").unlink()
    customer()
    assert [event.event_code for event in committed] == ["insert"]


def test_a_folder_that_cannot_be_written_is_said(audit: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    audit(PATH=tmp_path / "missing" / "store", ENABLED=False)
    gap.look()
    assert "No event will tell" in caplog.text
