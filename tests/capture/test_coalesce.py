"""COALESCE: saves of one object in one transaction are one event, and a rollback takes back what was merged."""

from collections.abc import Callable

import pytest
from django.db import transaction

from auditsearch.capture import coalesce
from auditsearch.testing import Captured
from tests.capture.conftest import customer, order
from tests.shop.models import Customer, Post, Tag


@pytest.fixture(autouse=True)
def coalesced(audit: Callable[..., None]) -> None:
    """A site that merges."""
    audit(COALESCE=True)


def rename(made: Customer, *names: str) -> None:
    """Save under one name after the other."""
    for name in names:
        made.name = name
        made.save()


def test_saves_in_one_transaction_are_one_event(committed: Captured) -> None:
    made = order()
    with transaction.atomic():
        for number, quantity in (("B", 1), ("C", 7)):
            made.number, made.quantity = number, quantity
            made.save()
    assert len(committed) == 3
    assert committed[-1].diff == {"number": ["A-1", "C"], "quantity": [1, 7]}
    assert committed[-1].verbose == f"Order {made.pk} changed: number, quantity"
    assert committed[-1].context_data["saves"] == 2


def test_what_was_changed_and_changed_back_is_none(committed: Captured) -> None:
    made = customer("a")
    with transaction.atomic():
        rename(made, "b", "a")
    assert [event.event_code for event in committed] == ["insert"]


def test_an_object_made_and_changed_is_an_insert_as_it_was_left(committed: Captured) -> None:
    with transaction.atomic():
        rename(customer("a"), "b")
    (event,) = committed
    assert (event.event_code, event.object_snapshot["name"], event.diff) == ("insert", "b", {})


def test_transactions_are_not_merged(committed: Captured) -> None:
    made = customer("a")
    for name in "bc":
        with transaction.atomic():
            rename(made, name)
    assert [event.diff for event in committed[1:]] == [{"name": ["a", "b"]}, {"name": ["b", "c"]}]


def test_in_autocommit_each_save_is_told(committed: Captured) -> None:
    rename(customer("a"), "b", "c")
    assert len(committed) == 3


def test_a_rolled_back_savepoint_gives_back_what_was_merged_in_it(committed: Captured) -> None:
    made = customer("a")
    with transaction.atomic():
        rename(made, "b")
        with transaction.atomic():
            rename(made, "c")
            transaction.set_rollback(True)
        Customer.objects.filter(pk=made.pk).update(name="d")
    assert committed[1].diff == {"name": ["a", "b"]}
    assert committed[-1].diff == {"name": ["b", "d"]}


def test_many_to_many_changes_are_merged_to_the_difference(committed: Captured) -> None:
    red, blue = Tag.objects.create(name="red"), Tag.objects.create(name="blue")
    made = Post.objects.create(title="a")
    with transaction.atomic():
        made.tags.add(red)
        made.title = "b"
        made.save()
        made.tags.set([blue])
    assert committed[-1].diff == {"tags": {"added": [blue.pk], "removed": []}, "title": ["a", "b"]}


def test_a_delete_is_told_beside_what_came_before(committed: Captured) -> None:
    made = customer("a")
    with transaction.atomic():
        rename(made, "b")
        made.delete()
    assert [event.event_code for event in committed] == ["insert", "update", "delete"]


def test_bulk_changes_are_merged_too(committed: Captured) -> None:
    customer("a"), customer("b")
    with transaction.atomic():
        Customer.objects.update(name="x")
        Customer.objects.update(name="y")
    assert [event.diff["name"] for event in committed[2:]] == [["a", "y"], ["b", "y"]]


def test_what_was_committed_by_hand_is_not_taken_back(committed: Captured) -> None:
    made = customer("a")
    transaction.set_autocommit(False)
    try:
        for name in "bc":
            with transaction.atomic():
                rename(made, name)
            transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert [event.diff for event in committed[1:]] == [{"name": ["a", "b"]}, {"name": ["b", "c"]}]


@pytest.mark.parametrize("newest", [(1, None), (50_000,)])
def test_an_event_is_taken_back_however_many_came_after_it(
    committed: Captured, monkeypatch: pytest.MonkeyPatch, newest: tuple[int | None, ...]
) -> None:
    monkeypatch.setattr(coalesce, "NEWEST", newest)
    with transaction.atomic():
        made = customer("a")
        for name in "bcd":
            customer(name)
        rename(made, "e")
    assert [event.object_snapshot["name"] for event in committed] == ["b", "c", "d", "e"]
