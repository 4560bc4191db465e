"""Parents and children: tied by `parent`, so that an object's timeline shows what belongs to it, deleted ones too."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.admin import GenericTabularInline
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path

from auditsearch.api import filter_events, timeline
from auditsearch.checks import check_models
from auditsearch.context import token_scope
from auditsearch.search import Events
from auditsearch.testing import Captured, ship
from tests.capture.conftest import order
from tests.shop.models import Book, Customer, Line, Order, Post, Remark, Shelf, Tag

site = admin.AdminSite(name="parents")
urlpatterns: list[Any] = []


class LineInline(admin.TabularInline):
    """Lines in the form of their order."""

    model = Line


class RemarkInline(GenericTabularInline):
    """Remarks in the form of what they are about."""

    model = Remark


class PostAdmin(admin.ModelAdmin):
    """A post with its remarks."""

    inlines = (RemarkInline,)


class OrderAdmin(admin.ModelAdmin):
    """An order with its lines."""

    inlines = (LineInline,)
    fields = ("number",)


@pytest.fixture
def form(audit: Callable[..., None]) -> Iterator[None]:
    """An admin in which lines are inlines of orders."""
    site.register(Order, OrderAdmin)
    urlpatterns[:] = [path("admin/", site.urls)]
    audit()
    with override_settings(ROOT_URLCONF=__name__):
        yield
    site.unregister(Order)
    audit()


def rows(*lines: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """What the form of an order posts."""
    data = {"number": "A-1", "lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": initial}
    return data | {f"lines-{i}-{name}": value for i, line in enumerate(lines) for name, value in line.items()}


def told(found: Any) -> list[tuple[str, str]]:
    """Code and kind of each event, oldest first."""
    return [(event.event_code, event.object_type) for event in reversed(list(found))]


def test_a_form_with_inlines_gives_parent_and_children(events: Captured, form: None) -> None:
    client, made = Client(), order()
    client.force_login(User.objects.create_superuser("anna"))
    gone, kept = Line.objects.create(order=made, text="gone"), Line.objects.create(order=made, text="kept")
    before = len(events)
    lines = [
        {"id": gone.pk, "order": made.pk, "text": "gone", "DELETE": "on"},
        {"id": kept.pk, "order": made.pk, "text": "new"},
    ]
    posted = client.post(f"/admin/shop/order/{made.pk}/change/", rows(*lines, initial=2) | {"number": "B-2"})
    changes = [event for event in events[before:] if event.object_type in ("shop.Order", "shop.Line")]
    assert posted.status_code == 302
    assert {event.event_code for event in changes} == {"update", "delete"}
    assert len({event.request_token for event in changes}) == 1
    parent = {"object_type": "shop.Order", "object_id": str(made.pk)}
    assert [e.context_data["parent"] for e in changes if e.object_type == "shop.Line"] == [parent, parent]


def test_a_timeline_shows_children_deleted_and_moved_ones_too(events: Captured, audit: Callable[..., None]) -> None:
    audit(PARENTS={"shop.Line": "order"})
    made, other = order(), order()
    first, second = (Line.objects.create(order=made, text=text) for text in "ab")
    first.delete()
    second.order = other
    second.save()
    ship()
    expected = [
        ("insert", "shop.Order"),
        *[("insert", "shop.Line")] * 2,
        ("delete", "shop.Line"),
        ("update", "shop.Line"),
    ]
    assert told(timeline(made)) == expected
    assert told(timeline(other)) == [("insert", "shop.Order"), ("update", "shop.Line")]
    assert told(timeline(made, children=False)) == [("insert", "shop.Order")]
    assert told(timeline(("shop.Order", made.pk))) == expected
    assert told(timeline(made, events=Events().filter(event_code="delete"))) == [("delete", "shop.Line")]


@pytest.mark.parametrize("by", ["the setting", "the admin"])
def test_what_belongs_to_an_object_of_any_kind_is_its_child(
    events: Captured, audit: Callable[..., None], by: str
) -> None:
    if by == "the admin":
        site.register(Post, PostAdmin)
    audit(PARENTS={"shop.Remark": "target"} if by == "the setting" else {})
    first, second = Post.objects.create(title="a"), Post.objects.create(title="b")
    remark = first.remarks.create(text="x")
    remark.object_id = second.pk
    remark.save()
    remark.delete()
    if by == "the admin":
        site.unregister(Post)
    ship()
    assert told(timeline(first)) == [("insert", "shop.Post"), ("insert", "shop.Remark"), ("update", "shop.Remark")]
    assert told(timeline(second)) == [("insert", "shop.Post"), ("update", "shop.Remark"), ("delete", "shop.Remark")]


def test_what_belonged_to_an_object_of_another_kind_was_never_its_child(
    events: Captured, audit: Callable[..., None]
) -> None:
    audit(PARENTS={"shop.Remark": "target"})
    post, tag = Post.objects.create(title="a"), Tag.objects.create(name="b", pk=Post.objects.get().pk)
    post.remarks.create(text="x").delete()
    ship()
    assert told(timeline(tag)) == [("insert", "shop.Tag")]


@pytest.fixture
def shelves(events: Captured, audit: Callable[..., None]) -> list[Shelf]:
    """Two shelves, to which books belong by their marks."""
    audit(MODELS=["shop.Shelf", "shop.Book"], PARENTS={"shop.Book": "shelf"})
    return [Shelf.objects.create(mark=mark) for mark in ("left", "right")]


def test_a_parent_that_is_known_by_another_column_is_told_by_its_key(events: Captured, shelves: list[Shelf]) -> None:
    (left, right), key = shelves, shelves[1].pk
    Book.objects.create(shelf_id="left")
    Book.objects.update(shelf=right)
    Book.objects.bulk_create([Book(shelf=left), Book()])
    right.delete()
    parents = [event.context_data.get("parent") for event in events if event.object_type == "shop.Book"]
    here, there = ({"object_type": "shop.Shelf", "object_id": str(key)} for key in (left.pk, key))
    assert parents == [here, there | {"former": str(left.pk)}, here, None, there]


def test_its_timeline_shows_what_was_taken_from_it_and_what_went_with_it(shelves: list[Shelf]) -> None:
    left, right = shelves
    book = Book.objects.create(shelf=left)
    book.shelf = right
    book.save()
    book.shelf = None
    book.save()
    Book.objects.create(shelf=right)
    key = right.pk
    right.delete()
    ship()
    told_of_book = [(code, "shop.Book") for code in ("insert", "update")]
    assert told(timeline(left)) == [("insert", "shop.Shelf"), *told_of_book]
    went = [("update", "shop.Book")] * 2 + [("insert", "shop.Book")]
    assert sorted(told(timeline(("shop.Shelf", key)))) == sorted(
        [("insert", "shop.Shelf"), *went, ("delete", "shop.Shelf"), ("delete", "shop.Book")]
    )


def test_such_a_parent_costs_one_query_for_all(events: Captured, shelves: list[Shelf]) -> None:
    with CaptureQueriesContext(connection) as found:
        Book.objects.bulk_create([Book(shelf=shelf) for shelf in shelves * 5])
    asked = [each["sql"] for each in found if each["sql"].startswith("SELECT")]
    assert len(asked) == 1


def test_moves_told_as_one_name_the_first_and_the_last_parent(
    shelves: list[Shelf], events: Captured, audit: Callable[..., None]
) -> None:
    audit(MODELS=["shop.Book"], PARENTS={"shop.Book": "shelf"}, COALESCE=True)
    left, right = shelves
    book = Book.objects.get(pk=Book.objects.create(shelf=left).pk)
    with token_scope("another"):
        for shelf in (right, None):
            book.shelf = shelf
            book.save()
    assert events[-1].diff == {"shelf_id": ["left", None]}
    assert events[-1].context_data["parent"] == {"object_type": "shop.Shelf", "former": str(left.pk)}


def test_a_parent_that_can_not_be_is_an_error(audit: Callable[..., None]) -> None:
    audit(PARENTS={"shop.Line": "text", "shop.Lin": "order"})
    messages = [message.msg for message in check_models()]
    assert "It has order." in messages[0]
    assert "Did you mean 'shop.Line'?" in messages[1]


def test_a_renamed_model_is_found_by_each_of_its_names(events: Captured, audit: Callable[..., None]) -> None:
    audit(RENAMED={"shop.Client": "shop.Buyer", "shop.Customer": "shop.Buyer"})
    Customer.objects.create(name="a")
    ship()
    for name in ("shop.Buyer", "shop.Client", "shop.Customer"):
        assert filter_events(object_type=name).count() == 1
        assert filter_events(object_type__in=["shop.Order", name]).count() == 1
    assert filter_events(object_type="shop.Order").count() == 0
    assert filter_events(object_type__startswith="shop.B").count() == 0


def test_fixtures_are_told_unless_raw_saves_are_left_out(
    events: Captured, audit: Callable[..., None], tmp_path: Any
) -> None:
    file = tmp_path / "a.json"
    file.write_text('[{"model": "shop.customer", "pk": 5, "fields": {"name": "a"}}]')
    call_command("loaddata", str(file), verbosity=0)
    audit(RAW_SAVES=False)
    file.write_text('[{"model": "shop.customer", "pk": 5, "fields": {"name": "b"}}]')
    call_command("loaddata", str(file), verbosity=0)
    assert [event.object_snapshot["name"] for event in events] == ["a"]


def test_the_relations_of_a_fixture_are_left_out_with_its_objects(
    events: Captured, audit: Callable[..., None], tmp_path: Any
) -> None:
    tag = Tag.objects.create(name="red")
    audit(RAW_SAVES=False)
    file = tmp_path / "a.json"
    file.write_text(f'[{{"model": "shop.post", "pk": 5, "fields": {{"title": "a", "tags": [{tag.pk}]}}}}]')
    call_command("loaddata", str(file), verbosity=0)
    assert Post.objects.get(pk=5).tags.exists()
    assert [event.object_type for event in events] == ["shop.Tag"]
