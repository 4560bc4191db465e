"""Pages, totals and ends of an answer are the same on every store, checked hit by hit where its engine is not sure."""

from __future__ import annotations

import pytest
from django.db.models import Count, Max, Min

from auditsearch.backends.base import Backend
from auditsearch.event import from_micros
from auditsearch.ranking import most_changed_objects
from auditsearch.totals import Cardinality
from tests.contract.shelf import Shelf
from tests.factories import NOON

LONG = "x" * 300
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def answers(backend: Backend) -> Shelf:
    """Thirty events, a minute apart, by three users or nobody; every third one has an a at the end of a long value."""
    shelf = Shelf(backend)
    shelf.put(
        *(
            {
                "ts": NOON + number * MINUTE,
                "user": ["Анна", "Boris", "eve", None][number % 4],
                "object_id": str(number % 7),
                "context_data": {"v": LONG + ("a" if number % 3 == 0 else "b")},
            }
            for number in range(30)
        )
    )
    return shelf


UNSURE = {"_context__v__contains": "x" * 80 + "a"}


def test_facets_and_bars_of_what_was_checked(answers: Shelf) -> None:
    found = answers.events.filter(**UNSURE).facets("user")
    assert found == ([("Анна", 3), ("Boris", 2), ("eve", 2)], 0, 3, 10, True)
    bars = answers.events.filter(**UNSURE).histogram("hour").bars
    assert bars == [(NOON, 10)]


def test_a_bar_leads_to_its_events(answers: Shelf) -> None:
    bars = answers.events.histogram("minute").bars
    assert len(bars) == 30
    assert answers.numbers(answers.events.between(*[start for start, _ in bars[4:6]])) == [4]


@pytest.mark.parametrize("order", [(), ("user",), ("-user", "timestamp")])
def test_pages_hold_each_event_once(answers: Shelf, order: tuple[str, ...]) -> None:
    for events in (answers.events.order_by(*order), answers.events.filter(**UNSURE).order_by(*order)):
        sheet = events.page(4)
        found = [*sheet.events]
        while sheet.cursor:
            sheet = events.page(4, sheet.cursor)
            found += sheet.events
        assert [one.id for one in found] == [one.id for one in events]


@pytest.mark.parametrize("order", [(), ("user",), ("-user",), ("user", "-object_id")])
def test_the_last_is_the_last_of_all(answers: Shelf, order: tuple[str, ...]) -> None:
    events = answers.events.order_by(*order)
    last = events.last()
    assert last is not None
    assert last.id == list(events)[-1].id


def test_aggregates_and_rows(answers: Shelf) -> None:
    assert answers.events.aggregate(Count("*"), Min("user"), last=Max("timestamp"), n=Count("user", distinct=True)) == {
        "count": 30,
        "user__min": "Boris",
        "last": from_micros(NOON + 29 * MINUTE),
        "n": Cardinality(3, True),
    }
    assert set(answers.events.values_list("user", flat=True).distinct()) == {"Анна", "Boris", "eve", None}


def test_the_objects_with_the_most_events(answers: Shelf) -> None:
    assert most_changed_objects(answers.events, 3) == (
        [("shop.Order", str(n), 5) for n in (0, 1)] + [("shop.Order", "2", 4)],
        True,
    )


@pytest.mark.parametrize("pattern", ["^a.*b$", "^a", r"\d", "ab"])
@pytest.mark.parametrize("long", [(), (LONG + "ab", "a" + LONG + "b", ["ab", LONG], LONG)])
def test_a_page_by_expression_has_what_fits_whether_values_are_long_or_not(
    shelf: Shelf, long: tuple[object, ...], pattern: str
) -> None:
    shelf.values("ab", "a1b", "b", ["x", "aab"], 7, *long)
    found, sheet = shelf.events.filter(_context__v__regex=pattern), None
    pages: list[int] = []
    while sheet is None or sheet.cursor:
        sheet = found.page(2, sheet and sheet.cursor)
        pages += shelf.numbers(sheet.events)
        assert sheet.total in (None, found.count())
    assert pages == shelf.numbers(found)
    assert set(pages) == set(shelf.true_of(found.tree))


def test_a_long_value_is_counted_whole_and_leads_to_its_events(shelf: Shelf) -> None:
    long = "я" * 300
    shelf.put({"user": long, "object_id": long + "a"}, {"user": long}, {"user": long + "b"}, {"context_data": {"v": 1}})
    for events in (shelf.events, shelf.events.exclude(**UNSURE)):
        assert events.facets("user", 2).values[0] == (long, 2)
        assert set(events.values_list("user", flat=True).distinct()) == {long, long + "b", "Anna"}
    assert ("shop.Order", long + "a", 1) in most_changed_objects(shelf.events).objects


def test_a_long_value_of_a_promoted_field_is_counted_whole(shelf: Shelf) -> None:
    shelf.put({"context_data": {"state": ["x", LONG]}})
    assert set(shelf.events.facets("state").values) == {(LONG, 1), ("x", 1)}
