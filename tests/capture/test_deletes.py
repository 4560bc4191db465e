"""Deletes: one event for each tracked object, by one INSERT, and Django's fast paths left as they are."""

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from auditsearch.testing import Captured
from tests.capture.conftest import customer, order
from tests.capture.test_receivers import statements
from tests.shop.models import Customer, Line, Place, Restaurant, RushOrder, Visit


def test_a_delete_shows_the_row_that_was_there(events: Captured) -> None:
    gone = customer("a")
    pk, gone.name = gone.pk, "never saved"
    gone.delete()
    assert (events[-1].event_code, events[-1].object_id, events[-1].diff) == ("delete", str(pk), {})
    assert events[-1].object_snapshot == {"id": pk, "name": "a", "friend_id": None}


def test_a_delete_of_100_is_djangos_own_and_one_insert(events: Captured) -> None:
    parent = order()
    Line.objects.bulk_create([Line(order=parent, text=str(n)) for n in range(100)])
    with CaptureQueriesContext(connection) as queries:
        Line.objects.all().delete()
    assert [text.split()[0] for text in statements(queries)] == ["SELECT", "DELETE", "INSERT"]
    assert [event.event_code for event in events[-100:]] == ["delete"] * 100


def test_a_cascade_names_its_cause(events: Captured) -> None:
    made = order()
    Line.objects.create(order=made, text="gift")
    buyer = made.customer
    cause = {"object_type": "shop.Customer", "object_id": str(buyer.pk)}
    buyer.delete()
    deleted = {event.object_type: event for event in events if event.event_code == "delete"}
    assert deleted.keys() == {"shop.Customer", "shop.Order", "shop.Line"}
    assert "cause" not in deleted["shop.Customer"].context_data
    assert deleted["shop.Line"].context_data["cause"] == cause


def test_an_untracked_model_keeps_its_fast_deletes(events: Captured) -> None:
    buyer = customer()
    Visit.objects.bulk_create([Visit(customer=buyer) for _ in range(3)])
    with CaptureQueriesContext(connection) as queries:
        Visit.objects.all().delete()
    assert (len(statements(queries)), len(events)) == (1, 1)


def test_a_multi_table_child_is_one_event(events: Captured) -> None:
    Restaurant.objects.create(name="a", stars=3)
    Place.objects.get().delete()
    assert [event.object_type for event in events[1:]] == ["shop.Restaurant"]
    assert events[-1].object_snapshot["name"] == "a"
    assert "cause" not in events[-1].context_data


def test_a_proxy_is_deleted_as_its_model(events: Captured) -> None:
    made = order()
    RushOrder.objects.get(pk=made.pk).delete()
    assert (events[-1].event_code, events[-1].object_type) == ("delete", "shop.Order")


def test_what_is_rolled_back_was_not_deleted(events: Captured) -> None:
    made = customer()
    with transaction.atomic():
        made.delete()
        transaction.set_rollback(True)
    assert [event.event_code for event in events] == ["insert"]


def test_what_was_gone_already_is_no_event(events: Captured) -> None:
    first = customer()
    second = Customer.objects.get(pk=first.pk)
    first.delete()
    second.delete()
    assert [event.event_code for event in events] == ["insert", "delete"]


def test_an_object_that_was_never_loaded_is_read_before(events: Captured) -> None:
    pk = customer("a").pk
    Customer(pk=str(pk)).delete()
    assert (events[-1].event_code, events[-1].object_snapshot["name"]) == ("delete", "a")


def test_a_delete_in_autocommit_is_one_with_its_event(committed: Captured) -> None:
    customer().delete()
    assert [event.event_code for event in committed] == ["insert", "delete"]


def test_references_set_to_null_are_read_again(events: Captured) -> None:
    first = customer("a")
    second = Customer.objects.create(name="b", friend=first)
    first.delete()
    second.friend = None
    second.save()
    assert events[-1].event_code == "delete"


def test_saving_a_deleted_object_again_is_an_insert(events: Captured) -> None:
    made = customer("a")
    made.delete()
    made.save()
    assert [event.event_code for event in events] == ["insert", "delete", "insert"]
