"""The old state of an object: true, or read again. Each of these once lost a change."""

import copy
import pickle
from collections.abc import Callable

import pytest
from django.db import connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext

from auditsearch.capture import state
from auditsearch.capture.diff import plans
from auditsearch.testing import Captured
from tests.capture.conftest import customer, order
from tests.shop.models import Customer, Document, Order


def selects(action: Callable[[], object]) -> int:
    """How many SELECTs the action runs."""
    with CaptureQueriesContext(connection) as queries:
        action()
    return sum(query["sql"].startswith("SELECT") for query in queries.captured_queries)


def test_a_loaded_object_is_compared_without_a_query(events: Captured) -> None:
    changed = customer("a")
    changed.name = "b"
    assert selects(changed.save) == 0
    assert events[-1].diff == {"name": ["a", "b"]}


def test_an_object_just_saved_is_compared_without_a_query(events: Captured) -> None:
    changed = Customer.objects.create(name="a")
    changed.name = "b"
    assert selects(changed.save) == 0
    assert events[-1].diff == {"name": ["a", "b"]}


def test_a_save_after_a_rolled_back_savepoint_is_compared_with_the_database(events: Captured) -> None:
    changed = customer("a")
    with transaction.atomic():
        changed.name = "b"
        changed.save()
        transaction.set_rollback(True)
    changed.save()
    assert [event.diff.get("name") for event in events] == [None, ["a", "b"]]


def test_a_save_after_a_rolled_back_transaction_is_compared_with_the_database(committed: Captured) -> None:
    changed = customer("a")
    with transaction.atomic():
        changed.name = "b"
        changed.save()
        transaction.set_rollback(True)
    changed.save()
    assert [event.diff.get("name") for event in committed] == [None, ["a", "b"]]


def test_a_savepoint_rolled_back_by_hand_counts_too(events: Captured) -> None:
    changed = customer("a")
    point = transaction.savepoint()
    changed.name = "b"
    changed.save()
    transaction.savepoint_rollback(point)
    changed.save()
    assert [event.diff.get("name") for event in events] == [None, ["a", "b"]]


def test_what_was_loaded_inside_a_savepoint_is_not_trusted_after_it(events: Captured) -> None:
    made = customer("a")
    with transaction.atomic():
        Customer.objects.filter(pk=made.pk).update(name="b")
        changed = Customer.objects.get(pk=made.pk)
        transaction.set_rollback(True)
    changed.save()
    assert events[-1].diff == {"name": ["a", "b"]}


def test_a_connection_closed_in_a_transaction_counts_as_rolled_back(events: Captured) -> None:
    changed, plan = customer("a"), plans[Customer]
    other = connections["default"].copy()
    other.in_atomic_block = True
    assert state.kept(changed, plan, "default")
    BaseDatabaseWrapper.close(other)
    assert state.kept(changed, plan, "default") is None


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda given: pickle.loads(pickle.dumps(given))])
def test_a_copy_has_no_old_state_of_its_own(events: Captured, twin: Callable[[Customer], Customer]) -> None:
    first = customer("a")
    second = twin(first)
    assert state.KEPT in vars(first._state)
    assert state.KEPT not in vars(second._state)
    second.name = "b"
    second.save()
    first.save()
    assert [event.diff["name"] for event in events[1:]] == [["a", "b"], ["b", "a"]]


def test_a_copy_saved_as_a_new_row_is_an_insert(events: Captured) -> None:
    first = customer("a")
    second = copy.copy(first)
    second.pk = None
    second.save()
    assert [event.event_code for event in events] == ["insert", "insert"]


def test_json_changed_in_place_is_a_change(events: Captured) -> None:
    pk = Document.objects.create(data={"a": [1]}).pk
    changed = Document.objects.get(pk=pk)
    for _ in range(2):
        changed.data["a"].append(2)
        changed.save()
    diffs = [event.diff["data"] for event in events[1:]]
    assert diffs == [[{"a": [1]}, {"a": [1, 2]}], [{"a": [1, 2]}, {"a": [1, 2, 2]}]]


def test_json_of_another_type_is_a_change(events: Captured) -> None:
    changed = Document.objects.create(data=5)
    for value in ("5", True, 1, None, "null"):
        changed.data = value
        changed.save()
    assert [event.diff["data"][1] for event in events[1:]] == ["5", True, 1, None, "null"]


def test_bytes_changed_in_place_are_a_change(events: Captured) -> None:
    changed = Document.objects.create(blob=bytearray(b"a"))
    changed.blob += b"b"
    changed.save()
    assert events[-1].diff == {"blob": ["<bytes:YQ==>", "<bytes:YWI=>"]}


def test_a_deferred_field_that_is_set_is_compared_with_the_database(events: Captured) -> None:
    made = order()
    changed = Order.objects.only("id", "status").get(pk=made.pk)
    changed.number = "B-2"
    changed.save(update_fields=["number"])
    assert events[-1].diff == {"number": ["A-1", "B-2"]}
    assert events[-1].object_snapshot["quantity"] == 1


def test_saving_an_object_with_deferred_fields_shows_the_whole_row(events: Captured) -> None:
    made = order()
    changed = Order.objects.defer("number").get(pk=made.pk)
    changed.quantity = 2
    changed.save()
    assert events[-1].diff == {"quantity": [1, 2]}
    assert events[-1].object_snapshot["number"] == "A-1"


def test_a_deferred_field_that_was_loaded_is_known(events: Captured) -> None:
    made = customer("a")
    changed = Customer.objects.only("id", "friend").get(pk=made.pk)
    assert changed.name == "a"
    changed.name = "b"
    assert selects(changed.save) == 0
    assert events[-1].diff == {"name": ["a", "b"]}


def test_refreshing_renews_what_is_known(events: Captured) -> None:
    changed = customer("a")
    Customer.objects.filter(pk=changed.pk).update(name="b")
    changed.refresh_from_db()
    changed.name = "c"
    assert selects(changed.save) == 0
    assert events[-1].diff == {"name": ["b", "c"]}


def test_refreshing_some_fields_renews_those(events: Captured) -> None:
    changed = order(quantity=1)
    Order.objects.filter(pk=changed.pk).update(number="B-2", quantity=2)
    changed.refresh_from_db(fields=iter(["number"]))
    changed.number = "C-3"
    changed.save(update_fields=["number"])
    assert events[-1].diff == {"number": ["B-2", "C-3"]}


def test_values_changed_by_an_overridden_refresh_are_not_taken_for_the_databases(
    events: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refresh(self: Customer, *args: object, **options: object) -> None:
        models.Model.refresh_from_db(self, *args, **options)
        self.name = "mine"

    hooked = state.keeping_refresh_of(refresh, plans[Customer])
    monkeypatch.setattr(Customer, "refresh_from_db", hooked)
    changed = customer("a")
    changed.refresh_from_db()
    changed.save()
    assert events[-1].diff == {"name": ["a", "mine"]}


def test_a_changed_key_is_compared_with_the_row_that_is_there(events: Captured) -> None:
    first, second = customer("a"), customer("b")
    first.pk = second.pk
    first.save()
    assert (events[-1].object_id, events[-1].diff) == (str(second.pk), {"name": ["b", "a"]})


def test_a_changed_key_that_is_free_is_an_insert(events: Captured) -> None:
    first = customer("a")
    first.pk = first.pk + 100
    first.save()
    assert (events[-1].event_code, events[-1].object_id) == ("insert", str(first.pk))


def test_two_objects_of_one_row_tell_of_each_change(events: Captured) -> None:
    first = customer("a")
    second = Customer.objects.get(pk=first.pk)
    first.name = "b"
    first.save()
    second.save()
    assert [event.diff["name"] for event in events[1:]] == [["a", "b"], ["b", "a"]]


def test_rows_written_longer_ago_than_is_remembered_are_read_again(
    events: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "WRITES_KNOWN", 1)
    first = customer("a")
    second = Customer.objects.get(pk=first.pk)
    first.name = "b"
    first.save()
    customer("c")
    second.save()
    assert events[-1].diff == {"name": ["b", "a"]}


def test_old_state_can_be_read_from_the_database_each_time(events: Captured, audit: Callable[..., None]) -> None:
    audit(OLD_STATE={"shop.Customer": "database"})
    changed = customer("a")
    connection.cursor().execute("UPDATE shop_customer SET name = 'b'")
    assert selects(changed.save) == 1
    assert events[-1].diff == {"name": ["b", "a"]}


def test_the_row_is_read_past_managers_that_hide_it(events: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    made = customer("a")
    changed = Customer(pk=made.pk, name="b")
    monkeypatch.setattr(Customer._meta, "ordering", ["missing"])
    changed.save()
    assert events[-1].diff == {"name": ["a", "b"]}


def test_a_raw_query_of_some_columns_is_completed_from_the_database(events: Captured) -> None:
    customer("a")
    (changed,) = Customer.objects.raw("SELECT id, friend_id FROM shop_customer")
    changed.name = "b"
    changed.save()
    assert events[-1].diff == {"name": ["a", "b"]}
