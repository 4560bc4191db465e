"""Pages: ordered alike, missing values last, and resumed where they ended whatever arrives meanwhile."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from auditsearch.backends.base import Hit, Sort
from auditsearch.backends.order import ENVELOPE
from auditsearch.event import STORED
from auditsearch.exceptions import UnknownField
from auditsearch.query.tree import Fact
from auditsearch.search import NEWEST_FIRST
from tests.contract.shelf import Shelf
from tests.factories import NOON

NAMES = ["b", "a", None, "B", "ab", "", "я", "Я", "a\uffff", "a\U0001f600", "a\x00b", "1", "10", "2", None, "b" * 300]


def _pages(shelf: Shelf, order: list[Sort], limit: int) -> list[Hit]:
    """All hits of the shelf, page after page."""
    hits: list[Hit] = []
    while True:
        after = hits[-1].after if hits else None
        page = shelf.backend.search(_mine(shelf), order=order, after=after, limit=limit)
        hits += page.hits
        if len(page.hits) < limit:
            return hits


def _mine(shelf: Shelf) -> Fact:
    return Fact("logger", "=", "equals", (shelf.name,))


def _expected(shelf: Shelf, field: str, descending: bool) -> list[int]:
    def key(n: int) -> tuple[Any, ...]:
        document = shelf.documents[n]
        return document.envelope.get(field, ""), document.ts, document.id

    numbers = sorted(range(len(shelf.documents)), key=key, reverse=descending)
    return sorted(numbers, key=lambda n: field not in shelf.documents[n].envelope)


def test_newest_come_first(shelf: Shelf) -> None:
    times = random.Random(1).sample(range(-50, 50), 20)
    shelf.put(*({"timestamp": NOON + time} for time in times))
    assert [times[n] for n in shelf.numbers(shelf.events)] == sorted(times, reverse=True)
    assert [times[n] for n in shelf.numbers(shelf.events.order_by("timestamp"))] == sorted(times)


def test_events_of_one_moment_are_ordered_by_id(shelf: Shelf) -> None:
    shelf.put(*[{}] * 10)
    assert shelf.numbers(shelf.events.order_by("timestamp")) == list(range(10))
    assert shelf.numbers(shelf.events) == list(range(10))[::-1]


def test_times_before_1970_and_after_2262_are_ordered(shelf: Shelf) -> None:
    times = [-62_135_596_800_000_000, -1, 0, NOON, 10**16, 253_402_300_799_999_999]
    shelf.put(*({"timestamp": time} for time in times))
    assert shelf.numbers(shelf.events.order_by("timestamp")) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", ["user_name", "object_label", "request_token"])
def test_strings_go_by_code_point_ties_by_time_and_missing_ones_are_last(
    shelf: Shelf, field: str, descending: bool
) -> None:
    shelf.put(*({field: name, "timestamp": NOON + n % 3} for n, name in enumerate(NAMES * 2)))
    order = [Sort(field, descending), Sort("ts", descending), Sort("id", descending)]
    found = [hit.canonical for hit in _pages(shelf, order, 1000)]
    assert found == [shelf.documents[n].canonical for n in _expected(shelf, field, descending)]


@pytest.mark.parametrize("limit", [1, 3, 7])
@pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True)])
def test_pages_of_any_order_join_without_a_gap(shelf: Shelf, limit: int, first: bool, second: bool) -> None:
    users, types = ["a", None, "b"], ["x", None]
    shelf.put(*({"user": users[n % 3], "object_type": types[n // 3 % 2], "timestamp": NOON + n % 2} for n in range(24)))
    order = [Sort("user_name", first), Sort("object_type", second), Sort("ts", second), Sort("id", second)]
    assert _pages(shelf, order, limit) == _pages(shelf, order, 1000)


@pytest.mark.parametrize("field", [*ENVELOPE, "id"])
def test_every_column_orders_and_resumes(shelf: Shelf, field: str) -> None:
    values = ["10.0.0.2", "10.0.0.1", None] if field == "ip" else ["b", "a", None]
    shelf.put(*({} if field in ("id", "logger") else {field: value} for value in values * 2))
    order = [Sort(field, True), *NEWEST_FIRST]
    hits = _pages(shelf, order, 2)
    assert len({hit.canonical for hit in hits}) == 6
    keys = [hit.after[0] for hit in hits]
    assert all(here >= there for here, there in pairwise([key for key in keys if key is not None]))


def test_events_that_arrive_between_pages_shift_nothing(shelf: Shelf) -> None:
    shelf.put(*({"timestamp": NOON + 10 * n} for n in range(20)))
    first = shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, limit=10)
    shelf.index(*(shelf.event(timestamp=NOON + 10 * n + 5) for n in range(-5, 25)))
    rest = shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, after=first.hits[-1].after, limit=100)
    seen = [hit.canonical for hit in first.hits + rest.hits]
    assert len(seen) == len(set(seen)) == 10 + 10 + 15
    assert {document.canonical for document in shelf.documents} <= set(seen)


def test_what_comes_after_the_last_is_nothing(shelf: Shelf) -> None:
    shelf.put({"user": None}, {"user": "a"})
    for order in (list(NEWEST_FIRST), [Sort("user_name"), Sort("ts"), Sort("id")]):
        (*_, last) = shelf.backend.search(_mine(shelf), order=order).hits
        assert shelf.backend.search(_mine(shelf), order=order, after=last.after).hits == []


def test_a_total_is_given_when_asked_for(shelf: Shelf) -> None:
    shelf.put(*[{}] * 12)
    page = shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, limit=5, total=True)
    assert (len(page.hits), page.total, page.exact) == (5, 12, True)
    assert shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, limit=5).total is None
    rest = shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, after=page.hits[-1].after, total=True)
    assert (len(rest.hits), rest.total) == (7, 12)


@pytest.mark.slow
def test_a_page_counts_ten_thousand_or_more_and_count_counts_all(shelf: Shelf) -> None:
    for _ in range(5):
        shelf.backend.index([shelf.event() for _ in range(2_050)])
    shelf.backend.refresh()
    page = shelf.backend.search(_mine(shelf), order=NEWEST_FIRST, limit=1, total=True)
    assert (page.total, page.exact) == (10_000, False)
    assert shelf.backend.count(_mine(shelf)) == 10_250
    assert sum(1 for _ in shelf.events.iterator(page=3_000)) == 10_250


@pytest.mark.parametrize("field", ["verbose", "context", "ts; DROP TABLE event"])
def test_there_is_no_other_order(shelf: Shelf, field: str) -> None:
    with pytest.raises(UnknownField, match="ordered by"):
        shelf.backend.search(_mine(shelf), order=[Sort(field), Sort("ts"), Sort("id")])


def test_slices_and_first_take_a_part_of_the_order(shelf: Shelf) -> None:
    shelf.put(*({"timestamp": NOON + n} for n in range(12)))
    assert shelf.numbers(shelf.events[2:5]) == [9, 8, 7]
    assert shelf.events.order_by("timestamp").first().id == shelf.documents[0].id
    assert STORED["timestamp"] == "ts"
