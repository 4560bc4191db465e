"""Many to many: what was added and removed, from either side, told once; and what a delete leaves behind."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.capture.test_receivers import statements
from tests.shop.models import Customer, Post, Tag


def post(*tags: Tag) -> Post:
    """A post as the database gives it."""
    made = Post.objects.create(title="p")
    made.tags.add(*tags)
    return Post.objects.get(pk=made.pk)


def tags(*names: str) -> list[Tag]:
    """New tags."""
    return [Tag.objects.create(name=name) for name in names]


def told(event: Any) -> tuple[str, str, Any]:
    """Object and diff of an event."""
    return event.object_type, event.object_id, event.diff


def test_what_is_added_is_told_with_its_labels(events: Captured) -> None:
    red, blue = tags("red", "blue")
    made = post(red)
    made.tags.add(red, blue)
    assert told(events[-1]) == ("shop.Post", str(made.pk), {"tags": {"added": [blue.pk], "removed": []}})
    assert events[-1].context_data["labels"] == {"tags": ["blue"]}
    assert (events[-1].verbose, events[-1].object_snapshot["title"]) == (f"Post {made.pk} changed: tags", "p")


def test_what_is_removed_is_what_was_there(events: Captured) -> None:
    red, blue = tags("red", "blue")
    made = post(red)
    made.tags.remove(red, blue)
    assert events[-1].diff == {"tags": {"added": [], "removed": [red.pk]}}


def test_clear_tells_all_that_was_there(events: Captured) -> None:
    red, blue = tags("red", "blue")
    post(red, blue).tags.clear()
    assert sorted(events[-1].diff["tags"]["removed"]) == [red.pk, blue.pk]


def test_an_object_may_hold_its_key_as_a_text(events: Captured) -> None:
    [red] = tags("red")
    made = post()
    Post(pk=str(made.pk)).tags.add(str(red.pk))
    assert told(events[-1]) == ("shop.Post", str(made.pk), {"tags": {"added": [red.pk], "removed": []}})


@pytest.mark.parametrize("clear", [False, True])
def test_set_is_one_event_of_the_difference(events: Captured, clear: bool) -> None:
    red, blue, green = tags("red", "blue", "green")
    made = post(red, blue)
    before = len(events)
    made.tags.set([blue, green], clear=clear)
    assert [event.diff["tags"] for event in events[before:]] == [{"added": [green.pk], "removed": [red.pk]}]


def test_nothing_added_and_nothing_removed_is_no_event(events: Captured) -> None:
    red, blue = tags("red", "blue")
    made = post(red)
    before = len(events)
    made.tags.add(red)
    made.tags.remove(blue)
    made.tags.set([red])
    assert len(events) == before


def test_from_the_other_side_it_is_told_on_the_objects_that_declare_the_field(events: Captured) -> None:
    (red,) = tags("red")
    first, second = post(), post(red)
    before = len(events)
    red.posts.set([first])
    change = {"added": [red.pk], "removed": []}, {"added": [], "removed": [red.pk]}
    assert sorted(map(told, events[before:]), key=str) == [
        ("shop.Post", str(first.pk), {"tags": change[0]}),
        ("shop.Post", str(second.pk), {"tags": change[1]}),
    ]


def test_where_the_declaring_model_is_untracked_the_other_tells(events: Captured, audit: Callable[..., None]) -> None:
    audit(MODELS=["shop.Tag"])
    (red,) = tags("red")
    made = post(red)
    assert told(events[-1]) == ("shop.Tag", str(red.pk), {"posts": {"added": [made.pk], "removed": []}})
    red.posts.clear()
    assert events[-1].diff == {"posts": {"added": [], "removed": [made.pk]}}


def test_an_excluded_relation_is_not_told(events: Captured, audit: Callable[..., None]) -> None:
    audit(EXCLUDE_FIELDS=["shop.Post.tags"])
    post(*tags("red"))
    assert [event.event_code for event in events] == ["insert", "insert"]


def test_a_relation_that_is_mutual_is_told_on_both(events: Captured) -> None:
    first, second = post(), post()
    first.alike.add(first, second)
    one, other = events[-2:]
    assert told(one) == ("shop.Post", str(first.pk), {"alike": {"added": [first.pk, second.pk], "removed": []}})
    assert told(other) == ("shop.Post", str(second.pk), {"alike": {"added": [first.pk], "removed": []}})
    second.alike.clear()
    assert sorted(told(event)[1] for event in events[-2:]) == sorted([str(first.pk), str(second.pk)])


def test_a_relation_through_a_model_is_told_too(events: Captured) -> None:
    made, reader = post(), customer()
    made.readers.add(reader, through_defaults={"minutes": 5})
    assert events[-1].diff == {"readers": {"added": [reader.pk], "removed": []}}
    reader.posts.remove(made)
    assert events[-1].diff == {"readers": {"added": [], "removed": [reader.pk]}}


def test_adding_10_costs_at_most_4_statements_more_than_django(events: Captured) -> None:
    made, some = post(), tags(*map(str, range(10)))
    with CaptureQueriesContext(connection) as queries:
        made.tags.add(*some)
    assert len(statements(queries)) <= 1 + 4
    assert sorted(events[-1].diff["tags"]["added"]) == [tag.pk for tag in some]


def test_what_is_rolled_back_was_not_added(events: Captured) -> None:
    made, some = post(), tags("red")
    before = len(events)
    with transaction.atomic():
        made.tags.set(some)
        transaction.set_rollback(True)
    assert len(events) == before


def test_in_autocommit_a_relation_and_its_event_are_one(committed: Captured) -> None:
    made, some = post(), tags("red")
    made.tags.set(some)
    made.tags.clear()
    assert [event.event_code for event in committed] == ["insert", "insert", "update", "update"]


def test_of_more_than_the_limit_one_event_tells(events: Captured, audit: Callable[..., None]) -> None:
    audit(BULK_EVENTS=1)
    (red,) = tags("red")
    some = [post(), post()]
    red.posts.set(some)
    assert (events[-1].context_data["bulk"]["count"], events[-1].object_id) == (2, None)
    assert events[-1].diff == {"tags": {"added": [red.pk], "removed": []}}


def test_references_set_to_null_name_the_cause(events: Captured) -> None:
    first = customer("a")
    second = Customer.objects.create(name="b", friend=first)
    pk = first.pk
    first.delete()
    change, gone = events[-2:]
    assert told(change) == ("shop.Customer", str(second.pk), {"friend_id": [pk, None]})
    assert change.context_data["cause"] == {"object_type": "shop.Customer", "object_id": str(pk)}
    assert gone.event_code == "delete"


def test_a_reference_of_a_row_that_goes_too_is_not_told(events: Captured) -> None:
    first = customer("a")
    Customer.objects.create(name="b", friend=first)
    Customer.objects.all().delete()
    assert [event.event_code for event in events[2:]] == ["delete", "delete"]


def test_updates_of_the_applications_own_during_a_delete_are_told(events: Captured) -> None:
    first, second = customer("a"), customer("b")

    def rename(**_: object) -> None:
        Customer.objects.filter(pk=second.pk).update(name="c")

    pre_delete.connect(rename, sender=Customer)
    try:
        first.delete()
    finally:
        pre_delete.disconnect(rename, sender=Customer)
    assert {"name": ["b", "c"]} in [event.diff for event in events]


def test_a_relation_that_goes_with_its_other_end_is_told_with_its_cause(events: Captured) -> None:
    red, blue = tags("red", "blue")
    made = post(red, blue)
    pk = red.pk
    red.delete()
    change = next(event for event in events[-2:] if event.event_code == "update")
    assert told(change) == ("shop.Post", str(made.pk), {"tags": {"added": [], "removed": [pk]}})
    assert change.context_data["cause"] == {"object_type": "shop.Tag", "object_id": str(pk)}


def test_a_relation_that_goes_with_the_object_itself_is_its_delete(events: Captured) -> None:
    made = post(*tags("red"))
    before = len(events)
    made.delete()
    assert [event.event_code for event in events[before:]] == ["delete"]
