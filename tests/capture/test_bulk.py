"""Bulk operations: an event for each row that changed, in the transaction of the change, at a few statements' cost."""

from collections.abc import Callable

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, models, transaction
from django.db.models import Case, Count, F, Subquery, Value, When
from django.db.models.functions import Concat, Random
from django.test.utils import CaptureQueriesContext

from auditsearch.testing import Captured, captured_events
from tests.capture.conftest import customer, order
from tests.capture.test_receivers import statements
from tests.shop.models import Code, Customer, Line, Order, Place, Post, Remark, Restaurant, RushOrder, Visit


def lines(n: int) -> list[Line]:
    """`n` lines of one order, as the database gives them."""
    made = order()
    Line.objects.bulk_create([Line(order=made, text=str(i)) for i in range(n)])
    return list(Line.objects.order_by("pk"))


def test_an_update_of_many_tells_each_row_that_changed(events: Captured) -> None:
    first, second = customer("a"), customer("b")
    assert Customer.objects.update(name="b") == 2
    assert [(e.object_id, e.diff) for e in events[2:]] == [(str(first.pk), {"name": ["a", "b"]})]
    assert (events[-1].object_snapshot["name"], events[-1].object_label) == ("b", "b")
    assert events[-1].verbose == f"Customer {first.pk} changed: name"
    assert second.name == "b"


def test_an_update_of_100_adds_at_most_4_statements(events: Captured) -> None:
    lines(100)
    with CaptureQueriesContext(connection) as queries:
        Line.objects.update(text=Value("x"))
    assert len(statements(queries)) <= 1 + 4
    assert [event.event_code for event in events[-100:]] == ["update"] * 100


def test_expressions_are_shown_with_what_the_database_made_of_them(events: Captured) -> None:
    changed = order(quantity=3)
    number = Case(When(quantity=3, then=Value("three")), default=Value("other"))
    Order.objects.filter(customer__name="Анна").update(quantity=F("quantity") + 1, number=number)
    assert events[-1].diff == {"quantity": [3, 4], "number": ["A-1", "three"]}
    assert events[-1].object_id == str(changed.pk)


def test_a_row_is_told_once_however_many_joins_find_it(events: Captured) -> None:
    made = lines(3)[0].order
    before = len(events)
    Order.objects.filter(lines__text__gte="0").update(number="B")
    Order.objects.annotate(n=Count("lines")).filter(n=3).update(number="C")
    Order.objects.filter(pk=made.pk).distinct().order_by("-number").update(number="D")
    assert [event.diff["number"] for event in events[before:]] == [["A-1", "B"], ["B", "C"], ["C", "D"]]


CHANCE = {
    "a few of all": lambda: Line.objects.filter(pk__in=Line.objects.order_by("?").values("pk")[:5]).update(text="new"),
    "an expression": lambda: Line.objects.filter(pk__in=Subquery(Line.objects.order_by("?").values("pk")[:5])).update(
        text=Concat("text", Value("new"))
    ),
    "a random number": lambda: Line.objects.annotate(n=Random()).filter(n__lt=0.5).update(text="new"),
}


@pytest.mark.sqlite  # MariaDB takes no such questions
@pytest.mark.parametrize("update", CHANCE.values(), ids=CHANCE)
def test_an_update_of_rows_by_chance_tells_those_that_it_changed(events: Captured, update: Callable[[], int]) -> None:
    lines(40)
    before = len(events)
    count, told = update(), {event.object_id for event in events[before:]}
    changed = Line.objects.filter(text__endswith="new").values_list("pk", flat=True)
    assert told == {str(pk) for pk in changed}
    assert count == len(told)


@pytest.mark.sqlite
def test_rows_by_chance_that_cannot_be_told_one_by_one_are_told_together(events: Captured) -> None:
    lines(40)
    before = len(events)
    rows = Line.objects.annotate(n=Random(), new=Concat("text", Value("!"))).filter(n__lt=0.5)
    assert rows.update(text=F("new")) == events[before].context_data["bulk"]["count"]
    assert len(events) == before + 1


def test_an_update_that_overlooks_distinct_tells_what_it_changed(events: Captured) -> None:
    made = lines(3)
    before = len(events)
    assert Line.objects.order_by("order").distinct("order").update(text="new") == 3
    assert {event.object_id for event in events[before:]} == {str(line.pk) for line in made}


def test_what_an_update_changed_is_the_old_state_of_the_next_save(events: Captured) -> None:
    stale = customer("a")
    Customer.objects.update(name="b")
    stale.name = "c"
    stale.save()
    assert [event.diff["name"] for event in events[1:]] == [["a", "b"], ["b", "c"]]


def test_a_stale_object_that_writes_the_former_value_back_is_told(events: Captured) -> None:
    stale = customer("a")
    Customer.objects.update(name="b")
    stale.save()
    assert events[-1].diff == {"name": ["b", "a"]}


def test_an_object_given_for_a_foreign_key_is_its_key_and_its_label(events: Captured) -> None:
    made, other = order(), customer("b")
    Order.objects.filter(pk=made.pk).update(customer=other)
    assert events[-1].diff == {"customer_id": [made.customer_id, other.pk]}


def test_a_key_that_is_changed_is_told_under_the_old_row(events: Captured) -> None:
    Code.objects.create(code="a")
    Code.objects.update(code="b")
    assert events[-1].diff == {"code": ["a", "b"]}


def test_excluded_fields_alone_make_no_event(events: Captured, audit: Callable[..., None]) -> None:
    customer("a")
    audit(EXCLUDE_FIELDS=["name"])
    Customer.objects.update(name="b")
    assert len(events) == 1


def test_above_the_limit_one_event_tells_how_many_by_which_question(
    events: Captured, audit: Callable[..., None]
) -> None:
    audit(BULK_EVENTS=2)
    lines(2)
    Line.objects.create(order=Order.objects.get(), text="2")
    Line.objects.filter(text__in=["0", "1", "2"]).exclude(order_id=0).update(text="x")
    told = events[-1].context_data["bulk"]
    assert (told["count"], told["values"]) == (3, {"text": "x"})
    assert told["question"] == {"and": [{"text__in": ["0", "1", "2"]}, {"not": {"order_id__exact": 0}}]}
    assert (events[-1].object_id, events[-1].verbose) == (None, "3 Line changed: text")


def test_a_summary_hides_secrets_of_question_and_values(events: Captured, audit: Callable[..., None]) -> None:
    audit(BULK_EVENTS=0)
    from tests.shop.models import Account

    Account.objects.create(username="a", password="old-one")
    Account.objects.filter(password="old-one").update(password="new-one")
    assert "-one" not in events[-1].canonical


def test_stale_objects_are_read_again_after_a_summary(events: Captured, audit: Callable[..., None]) -> None:
    stale = customer("a")
    audit(BULK_EVENTS=0)
    Customer.objects.update(name="b")
    stale.save()
    assert events[-1].diff == {"name": ["b", "a"]}


def test_an_update_that_django_refuses_is_refused_as_before(events: Captured) -> None:
    with pytest.raises(TypeError, match="slice"):
        Customer.objects.all()[:1].update(name="b")
    with pytest.raises(Exception, match="nonsense"):
        Customer.objects.update(nonsense="b")
    assert len(events) == 0


def test_parents_of_many_tables_and_proxies_are_updated_as_their_rows_are(events: Captured) -> None:
    Restaurant.objects.create(name="a", stars=1)
    Restaurant.objects.filter(name="a").update(name="b", stars=2)
    assert (events[-1].object_type, events[-1].diff) == ("shop.Restaurant", {"name": ["a", "b"], "stars": [1, 2]})
    Place.objects.update(name="c")
    assert (events[-1].object_type, events[-1].diff) == ("shop.Place", {"name": ["b", "c"]})
    order()
    RushOrder.objects.update(number="B")
    assert events[-1].object_type == "shop.Order"


def test_an_untracked_model_runs_the_same_statements(events: Captured) -> None:
    buyer = customer()
    with CaptureQueriesContext(connection) as queries:
        Visit.objects.bulk_create([Visit(customer=buyer) for _ in range(3)])
        Visit.objects.update(customer=buyer)
        Visit.objects.bulk_update(list(Visit.objects.all()), ["customer"])
    assert (len(statements(queries)), len(events)) == (4, 1)


def test_what_is_rolled_back_was_not_updated(events: Captured) -> None:
    customer("a")
    with transaction.atomic():
        Customer.objects.update(name="b")
        transaction.set_rollback(True)
    assert len(events) == 1


def test_in_autocommit_change_and_event_are_one(committed: Captured) -> None:
    customer("a")
    Customer.objects.update(name="b")
    Customer.objects.bulk_create([Customer(name="c")])
    assert [event.event_code for event in committed] == ["insert", "update", "insert"]


def test_bulk_create_tells_each_row_by_one_insert(events: Captured) -> None:
    with CaptureQueriesContext(connection) as queries:
        made = Customer.objects.bulk_create([Customer(name=str(n)) for n in range(100)])
    assert len(statements(queries)) <= 1 + 2
    assert [event.object_id for event in events] == [str(each.pk) for each in made]
    assert events[5].object_snapshot == {"id": made[5].pk, "name": "5", "friend_id": None}


def test_an_object_that_bulk_create_made_knows_its_old_state(events: Captured) -> None:
    (made,) = Customer.objects.bulk_create([Customer(name="a")])
    made.name = "b"
    with CaptureQueriesContext(connection) as queries:
        made.save()
    assert (events[-1].diff, len(statements(queries))) == ({"name": ["a", "b"]}, 2)


def test_bulk_create_that_ignores_conflicts_knows_no_outcome(events: Captured) -> None:
    Code.objects.create(code="a")
    Code.objects.bulk_create([Code(code="a"), Code(code="b")], ignore_conflicts=True)
    assert (events[-1].event_code, events[-1].object_id) == ("insert", None)
    told = events[-1].context_data["bulk"]
    assert (told["count"], told["outcome"], len(told["offered"])) == (2, "unknown", 2)


def test_bulk_create_that_updates_conflicts_is_an_upsert(events: Captured) -> None:
    stale = Code.objects.create(code="a", text="old")
    new = [Code(code="a", text="new"), Code(code="b", text="b")]
    unique = ["code"] if connection.features.supports_update_conflicts_with_target else None
    Code.objects.bulk_create(new, update_conflicts=True, update_fields=["text"], unique_fields=unique)
    assert [(e.event_code, e.object_id, e.object_snapshot["text"]) for e in events[1:]] == [
        ("upsert", "a", "new"),
        ("upsert", "b", "b"),
    ]
    stale.save()
    assert events[-1].diff == {"text": ["new", "old"]}


def test_bulk_create_above_the_limit_is_one_event(events: Captured, audit: Callable[..., None]) -> None:
    audit(BULK_EVENTS=2)
    made = Customer.objects.bulk_create([Customer(name=str(n)) for n in range(3)])
    bulk = events[0].context_data["bulk"]
    assert (len(events), bulk["count"], bulk["first"]) == (1, 3, str(made[0].pk))


def test_bulk_update_tells_each_row_once(events: Captured) -> None:
    changed = lines(3)
    before = len(events)
    for line in changed[:2]:
        line.text += "!"
    with CaptureQueriesContext(connection) as queries:
        assert Line.objects.bulk_update(changed, ["text"]) == 3
    assert [event.diff for event in events[before:]] == [{"text": ["0", "0!"]}, {"text": ["1", "1!"]}]
    assert len(statements(queries)) <= 1 + 3


def test_bulk_update_reaches_only_what_the_queryset_does(events: Captured) -> None:
    changed = lines(2)
    for line in changed:
        line.text = "x"
    Line.objects.filter(text="1").bulk_update(changed, ["text"])
    assert events[-1].diff == {"text": ["1", "x"]}
    assert events[-2].event_code == "insert"


def test_a_field_that_bulk_update_left_is_told_by_the_next_save(events: Captured) -> None:
    changed = order()
    changed.number, changed.quantity = "B", 5
    Order.objects.bulk_update([changed], ["number"])
    assert events[-1].diff == {"number": ["A-1", "B"]}
    changed.save()
    assert events[-1].diff == {"quantity": [1, 5]}


def test_bulk_update_takes_expressions(events: Captured) -> None:
    changed = order(quantity=3)
    changed.quantity = F("quantity") + 4
    Order.objects.bulk_update([changed], ["quantity"])
    assert events[-1].diff == {"quantity": [3, 7]}


def test_get_or_create_and_update_or_create_are_told_as_what_they_did(events: Captured) -> None:
    Code.objects.get_or_create(code="a", defaults={"text": "x"})
    Code.objects.get_or_create(code="a", defaults={"text": "y"})
    Code.objects.update_or_create(code="a", defaults={"text": "z"})
    Code.objects.update_or_create(code="b", defaults={"text": "z"})
    assert [event.event_code for event in events] == ["insert", "update", "insert"]


def test_the_other_side_of_a_foreign_key_is_told_on_the_row_that_holds_it(events: Captured) -> None:
    first, second, third = customer("a"), customer("b"), customer("c")
    first.customer_set.set([second])
    first.customer_set.set([third])
    first.customer_set.clear()
    told = [(event.object_id, event.diff["friend_id"]) for event in events[3:]]
    a = first.pk
    assert told == [
        (str(second.pk), [None, a]),
        (str(second.pk), [a, None]),
        (str(third.pk), [None, a]),
        (str(third.pk), [a, None]),
    ]


def test_generic_relations_are_told(events: Captured) -> None:
    first, second = Post.objects.create(title="a"), Post.objects.create(title="b")
    remark = first.remarks.create(text="x")
    second.remarks.add(remark)
    assert events[-1].diff == {"object_id": [str(first.pk), str(second.pk)]}
    second.remarks.clear()
    assert (events[-1].event_code, events[-1].object_type) == ("delete", "shop.Remark")


def test_a_generic_relation_goes_with_its_object(events: Captured) -> None:
    post = Post.objects.create(title="a")
    post.remarks.create(text="x")
    post.delete()
    deleted = [event for event in events if event.event_code == "delete"]
    assert {event.object_type for event in deleted} == {"shop.Post", "shop.Remark"}
    assert Remark.objects.count() == 0


def test_the_asynchronous_forms_are_told_alike(events: Captured) -> None:
    async def change() -> None:
        await Customer.objects.abulk_create([Customer(name="a")])
        await Customer.objects.aupdate(name="b")
        await Customer.objects.aupdate_or_create(name="b", defaults={"name": "c"})
        await Customer.objects.all().adelete()

    async_to_sync(change)()
    assert [event.event_code for event in events] == ["insert", "update", "update", "delete"]


@pytest.mark.django_db(databases=["default", "other"])
def test_a_change_on_another_database_is_told_there() -> None:
    with captured_events("other") as events:
        Customer.objects.using("other").bulk_create([Customer(name="a")])
        Customer.objects.using("other").update(name="b")
        assert [event.event_code for event in events] == ["insert", "update"]


def test_switched_off_nothing_is_told_and_nothing_is_believed(events: Captured, audit: Callable[..., None]) -> None:
    stale = customer("a")
    audit(ENABLED=False)
    Customer.objects.update(name="b")
    audit(ENABLED=True)
    stale.save()
    assert [event.diff for event in events] == [{}, {"name": ["b", "a"]}]


def test_a_raw_delete_is_left_alone(events: Captured) -> None:
    customer()
    with CaptureQueriesContext(connection) as queries:
        Customer.objects.all()._raw_delete("default")
    assert (len(statements(queries)), len(events)) == (1, 1)


def test_a_queryset_of_ones_own_class_is_told_too(events: Captured) -> None:
    class Own(models.QuerySet[Customer]):
        def update(self, **values: object) -> int:
            return super().update(**values, friend=None)

    customer("a")
    Own(Customer).update(name="b")
    assert events[-1].diff == {"name": ["a", "b"]}
