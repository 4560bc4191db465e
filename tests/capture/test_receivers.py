"""Saves: each change one event, in the transaction of the change, and the application none the wiser."""

import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync
from django.core import serializers
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import F
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext, isolate_apps

from auditsearch import outbox
from auditsearch.api import filter_events
from auditsearch.exceptions import ConfigurationError
from auditsearch.testing import Captured, captured_events, ship
from tests.capture.conftest import customer, order
from tests.shop.models import (
    Account,
    Code,
    Customer,
    Document,
    Line,
    Order,
    Place,
    Post,
    Reading,
    Restaurant,
    RushOrder,
    Visit,
)


def statements(queries: CaptureQueriesContext) -> list[str]:
    """The statements that were run, without those that begin and end transactions."""
    texts = [query["sql"] for query in queries.captured_queries]
    return [text for text in texts if text.split()[0] not in ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")]


class handling:  # noqa: N801 - read as a word of a sentence
    """Run `handler` at a signal of saves."""

    def __init__(self, signal: django.dispatch.Signal, handler: Callable[..., object]) -> None:
        self.signal, self.handler = signal, lambda **given: handler(given["instance"])

    def __enter__(self) -> None:
        self.signal.connect(self.handler)

    def __exit__(self, *_: object) -> None:
        self.signal.disconnect(self.handler)


def fail(*_: object) -> None:
    """What a handler of the application may do."""
    raise ValueError("the application's own")


def test_an_insert_shows_the_row_that_is_now_there(events: Captured) -> None:
    made = Customer.objects.create(name="Анна")
    (event,) = events
    assert (event.event_code, event.object_type, event.object_id) == ("insert", "shop.Customer", str(made.pk))
    assert event.object_snapshot == {"id": made.pk, "name": "Анна", "friend_id": None}
    assert (event.object_label, event.verbose, event.diff) == ("Анна", f"Customer {made.pk} created", {})


def test_an_update_shows_what_changed_and_the_row_after_it(events: Captured) -> None:
    changed = order(amount=Decimal("1.00"))
    changed.status, changed.amount = Order.Status.PAID, Decimal("5.10")
    changed.save()
    assert events[-1].diff == {"status": ["new", "paid"], "amount": [Decimal("1.00"), Decimal("5.10")]}
    assert events[-1].object_snapshot["status"] == "paid"
    assert events[-1].verbose == f"Order {changed.pk} changed: status, amount"


def test_a_save_that_changes_nothing_is_no_event(events: Captured) -> None:
    unchanged = order()
    before = len(events)
    unchanged.save()
    unchanged.save()
    assert len(events) == before


def test_what_was_changed_and_changed_back_is_two_events(events: Captured) -> None:
    changed = customer("a")
    for name in ("b", "a"):
        changed.name = name
        changed.save()
    assert [event.diff["name"] for event in events[1:]] == [["a", "b"], ["b", "a"]]


def test_only_the_fields_that_are_written_are_compared_and_shown(events: Captured) -> None:
    changed = order()
    changed.number, changed.quantity = "B-2", 7
    changed.save(update_fields=["number"])
    assert events[-1].diff == {"number": ["A-1", "B-2"]}
    assert events[-1].object_snapshot["quantity"] == 1
    changed.save()
    assert events[-1].diff == {"quantity": [1, 7]}


def test_excluded_fields_alone_make_no_event_but_stand_in_the_snapshot(
    events: Captured, audit: Callable[..., None]
) -> None:
    audit(EXCLUDE_FIELDS=["shop.Customer.name"])
    changed = customer("a")
    changed.name = "b"
    changed.save()
    assert len(events) == 1
    changed.friend = changed
    changed.save()
    assert (events[-1].diff, events[-1].object_snapshot["name"]) == ({"friend_id": [None, changed.pk]}, "b")


@pytest.mark.parametrize(
    ("field", "same"),
    [
        ("amount", "1.50"),
        ("amount", 1.5),
        ("quantity", "1"),
        ("paid", 0),
        ("placed", "2026-11-22"),
        ("due", "2026-11-22T09:00:00+01:00"),
        ("weight", "2"),
        ("number", type("Text", (str,), {})("A-1")),
    ],
)
def test_a_value_written_another_way_is_no_change(events: Captured, field: str, same: object) -> None:
    unchanged = order(amount=Decimal("1.5"), placed="2026-11-22", due="2026-11-22T08:00:00Z", weight=2)
    before = len(events)
    setattr(unchanged, field, same)
    unchanged.save()
    assert len(events) == before


def test_text_that_the_field_turns_into_a_value_is_shown_as_that(events: Captured) -> None:
    order(amount=5, placed="2026-11-22", quantity="3")
    snapshot = events[-1].object_snapshot
    assert (str(snapshot["amount"]), snapshot["placed"], snapshot["quantity"]) == ("5.00", "2026-11-22", 3)


def test_an_expression_is_shown_with_the_value_that_the_database_made_of_it(events: Captured) -> None:
    changed = order(quantity=3)
    changed.quantity = F("quantity") + 1
    with CaptureQueriesContext(connection) as queries:
        changed.save()
    assert events[-1].diff == {"quantity": [3, 4]}
    assert events[-1].verbose == f"Order {changed.pk} changed: quantity"
    assert len(statements(queries)) == 3 - getattr(connection.features, "can_return_rows_from_update", False)


def test_an_expression_that_changes_nothing_tells_nothing(events: Captured) -> None:
    same = order(quantity=3)
    before = len(events)
    same.quantity = F("quantity") + 0
    same.save()
    assert len(events) == before


if django.VERSION >= (5, 0):
    from tests.shop.models import Measure

    def test_database_defaults_and_generated_fields_are_shown_as_they_are(events: Captured) -> None:
        made = Measure.objects.create(name="a")
        assert events[-1].object_snapshot == {"id": made.pk, "name": "a", "unit": "kg", "shout": "A"}
        made.name = "b"
        made.save()
        assert events[-1].diff == {"name": ["a", "b"], "shout": ["A", "B"]}


def test_labels_of_choices_and_of_keys_at_hand_stand_in_the_context(events: Captured) -> None:
    Order.objects.create(customer=customer("Анна"))
    assert events[-1].context_data["labels"] == {"customer_id": "Анна", "status": "New"}
    order()
    assert events[-1].context_data["labels"]["status"] == "New"


def test_a_label_costs_no_query(events: Captured) -> None:
    changed = order()
    changed.number = "B-2"
    with CaptureQueriesContext(connection) as queries:
        changed.save()
    assert len(statements(queries)) == 2
    assert events[-1].object_label == f"order {changed.pk}"


def test_a_label_may_cost_queries_where_the_settings_say_so(events: Captured, audit: Callable[..., None]) -> None:
    audit(LABEL_QUERIES=True)
    changed = order()
    changed.number = "B-2"
    changed.save()
    assert events[-1].object_label == "B-2 of Анна"


def test_labels_of_keys_that_are_not_at_hand_cost_one_query_for_all(
    events: Captured, audit: Callable[..., None]
) -> None:
    post, buyers = Post.objects.create(title="a"), [customer(name) for name in ("Анна", "Bob")]
    audit(LABEL_QUERIES=True, MODELS=["shop.Reading"])
    with CaptureQueriesContext(connection) as queries:
        Reading.objects.bulk_create([Reading(post=post, customer_id=buyers[n % 2].pk) for n in range(6)])
    named = [event.context_data["labels"]["customer_id"] for event in events[-6:]]
    assert named == ["Анна", "Bob"] * 3
    assert sum("shop_customer" in query["sql"] for query in queries.captured_queries) == 1


def test_a_text_that_cannot_be_had_does_not_break_the_save(events: Captured) -> None:
    made = Account.objects.create(username="anna")
    assert events[-1].object_label == f"account {made.pk}"


def test_secrets_are_masked_and_their_change_is_still_seen(events: Captured) -> None:
    made = Account.objects.create(password="first", options={"api": {"Token": "t0"}})
    made.password, made.options = "second", {"api": {"Token": "t1"}}
    made.save()
    assert events[-1].diff["password"] == ["***", "***"]
    assert all(secret not in event.canonical for event in events for secret in ("first", "second", "t0", "t1"))


def test_a_loop_of_100_creates_runs_200_statements(events: Captured) -> None:
    buyer = customer()
    with CaptureQueriesContext(connection) as queries:
        for _ in range(100):
            Order.objects.create(customer=buyer)
    assert len(statements(queries)) == 200


def test_an_untracked_model_costs_nothing(events: Captured) -> None:
    buyer = customer()
    with CaptureQueriesContext(connection) as queries:
        Visit.objects.create(customer=buyer)
    assert (len(queries), len(events)) == (1, 1)


def test_a_proxy_is_captured_as_its_model(events: Captured) -> None:
    made = RushOrder.objects.create(customer=customer())
    made.number = "B-2"
    made.save()
    assert [(event.object_type, event.event_code) for event in events[1:]] == [
        ("shop.Order", "insert"),
        ("shop.Order", "update"),
    ]


def test_a_multi_table_child_is_one_event_with_its_parents_fields(events: Captured) -> None:
    made = Restaurant.objects.create(name="a", stars=1)
    made.name, made.stars = "b", 2
    made.save()
    assert [event.object_type for event in events] == ["shop.Restaurant"] * 2
    assert events[-1].diff == {"name": ["a", "b"], "stars": [1, 2]}


def test_a_childs_old_row_is_read_before_its_parents_table_is_written(events: Captured) -> None:
    made = Restaurant.objects.create(name="a", stars=1)
    Restaurant(pk=made.pk, id=made.pk, name="b", stars=1).save()
    assert events[-1].diff == {"name": ["a", "b"]}


def test_a_child_saved_through_its_parent_is_an_event_of_the_parent(events: Captured) -> None:
    made = Restaurant.objects.create(name="a", stars=1)
    parent = Place.objects.get(pk=made.pk)
    parent.name = "b"
    parent.save()
    made.save()
    assert [(event.object_type, event.diff.get("name")) for event in events[1:]] == [
        ("shop.Place", ["a", "b"]),
        ("shop.Restaurant", ["b", "a"]),
    ]


def test_a_fixture_is_captured_as_what_it_changes(events: Captured) -> None:
    text = serializers.serialize("json", [Code(code="x", text="a")])
    for body in (text, text, text.replace('"a"', '"b"')):
        for each in serializers.deserialize("json", body):
            each.save()
    assert [(event.event_code, event.diff) for event in events] == [("insert", {}), ("update", {"text": ["a", "b"]})]


def test_a_fixtures_child_shows_its_parents_fields(events: Captured) -> None:
    Restaurant.objects.create(name="a", stars=1)
    parent, child = Place.objects.get(), Restaurant.objects.get()
    text = serializers.serialize("json", [child])
    Restaurant.objects.filter(pk=child.pk).delete()
    parent.save()
    for each in serializers.deserialize("json", text):
        each.save()
    assert events[-1].object_snapshot["name"] == "a"


def test_a_natural_key_that_exists_is_an_update(events: Captured) -> None:
    Code(code="x", text="a").save()
    Code(code="x", text="b").save()
    assert [(event.event_code, event.diff) for event in events] == [("insert", {}), ("update", {"text": ["a", "b"]})]


def test_a_key_made_by_the_model_costs_no_select(events: Captured) -> None:
    with CaptureQueriesContext(connection) as queries:
        Document(title="a").save()
    assert len(statements(queries)) == 2


def test_off_means_no_rows_and_no_queries_and_on_again_nothing_untrue(
    events: Captured, audit: Callable[..., None]
) -> None:
    changed = customer("a")
    audit(ENABLED=False)
    changed.name = "b"
    with CaptureQueriesContext(connection) as queries:
        changed.save()
    assert (len(queries), len(events)) == (1, 1)
    audit(ENABLED=True)
    changed.name = "c"
    changed.save()
    assert events[-1].diff == {"name": ["b", "c"]}


@pytest.mark.django_db(databases=["default", "other"])
def test_the_event_goes_to_the_database_of_the_change() -> None:
    with captured_events() as here, captured_events("other") as there:
        Customer.objects.using("other").create(name="a")
    assert (len(here), len(there)) == (0, 1)


@pytest.mark.django_db(databases=["default", "other"])
def test_a_save_to_another_database_is_compared_with_what_is_there() -> None:
    with captured_events("other") as there:
        made = Customer.objects.create(name="a")
        Customer.objects.using("other").create(pk=made.pk, name="b")
        made.save(using="other")
        made.save(using="other")
    assert [event.diff for event in there] == [{}, {"name": ["b", "a"]}]


def test_a_handler_that_raises_leaves_the_change_and_its_event(committed: Captured) -> None:
    with handling(post_save, fail), pytest.raises(ValueError, match="own"):
        Customer.objects.create(name="a")
    assert (Customer.objects.count(), [event.event_code for event in committed]) == (1, ["insert"])


def test_a_handler_that_raises_before_the_write_leaves_neither(committed: Captured) -> None:
    with handling(pre_save, fail), pytest.raises(ValueError, match="own"):
        Customer.objects.create(name="a")
    assert (Customer.objects.count(), len(committed)) == (0, 0)


def test_handlers_run_outside_of_a_transaction_that_is_not_theirs(committed: Captured) -> None:
    inside: list[bool] = []
    note = lambda instance: inside.append(connection.in_atomic_block)  # noqa: E731
    with handling(pre_save, note), handling(post_save, note):
        Customer.objects.create(name="a")
    assert inside == [False, False]


def test_what_a_handler_saves_comes_after_what_it_answers(events: Captured) -> None:
    def add_line(instance: object) -> None:
        if isinstance(instance, Order):
            Line.objects.create(order=instance, text="gift")

    with handling(post_save, add_line):
        order()
    assert [event.object_type for event in events[1:]] == ["shop.Order", "shop.Line"]
    assert sorted(event.id for event in events) == [event.id for event in events]


def test_an_event_that_cannot_be_written_takes_its_change_with_it(
    committed: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **_given: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(outbox, "append", broken)
    with pytest.raises(DatabaseError, match="disk full"):
        Customer.objects.create(name="a")
    assert Customer.objects.count() == 0


def test_a_change_that_is_rolled_back_takes_its_event_with_it(committed: Captured) -> None:
    with transaction.atomic():
        Customer.objects.create(name="a")
        transaction.set_rollback(True)
    assert (Customer.objects.count(), len(committed)) == (0, 0)


def test_a_missing_table_is_an_error_that_names_the_command(committed: Captured) -> None:
    with connections["default"].schema_editor() as editor:
        editor.execute("ALTER TABLE auditsearch_outbox RENAME TO elsewhere")
    try:
        with pytest.raises(ConfigurationError, match="migrate"):
            Customer.objects.create(name="a")
        assert Customer.objects.count() == 0
    finally:
        with connections["default"].schema_editor() as editor:
            editor.execute("ALTER TABLE elsewhere RENAME TO auditsearch_outbox")


def test_an_asynchronous_save_is_captured(committed: Captured) -> None:
    async_to_sync(Customer(name="a").asave)()
    assert [event.event_code for event in committed] == ["insert"]


@isolate_apps("tests.shop")
def test_a_historical_model_of_a_migration_is_not_captured(events: Captured) -> None:
    class Customer(django.db.models.Model):
        name = django.db.models.CharField(max_length=200)
        friend = django.db.models.ForeignKey("self", django.db.models.SET_NULL, null=True)

        class Meta:
            app_label = "shop"

        def __str__(self) -> str:
            return self.name

    Customer.objects.create(name="a")
    assert len(events) == 0


def test_a_file_is_shown_by_its_name(events: Captured, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    made = Document.objects.create(file=ContentFile(b"x", "a.txt"))
    assert events[-1].object_snapshot["file"] == "documents/a.txt"
    made.save()
    made.file = "documents/b.txt"
    made.save()
    assert [event.diff for event in events[1:]] == [{"file": ["documents/a.txt", "documents/b.txt"]}]


def test_any_text_is_captured(events: Captured) -> None:
    name = "Ğ\u2028\u202e😀\x1b'\"</script>\\"
    Customer.objects.create(name=name)
    assert (events[-1].object_snapshot["name"], events[-1].object_label) == (name, name)


def test_a_clock_that_goes_back_an_hour_loses_and_mixes_nothing(
    events: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, now = customer("a"), time.time_ns()
    for name, hours in (("b", -1), ("c", -1), ("d", 0)):
        monkeypatch.setattr(time, "time_ns", lambda hours=hours: now + hours * 3_600_000_000_000)
        made.name = name
        made.save()
    told = list(events)
    ship()
    assert [event.diff["name"] for event in told[1:]] == [["a", "b"], ["b", "c"], ["c", "d"]]
    assert len({event.id for event in told}) == filter_events(object_id=str(made.pk)).count() == 4
    assert told[1].id < told[2].id < told[0].id < told[3].id
