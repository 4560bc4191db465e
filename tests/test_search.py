"""Events: lazy, refined as a QuerySet is, checked where the engine's answer is too wide."""

import copy
import pickle
from typing import Any

import pytest
from django.db.models import Q

from auditsearch.backends.base import Page
from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.search import Events
from tests.factories import NOON, event

LONG = "x" * 300


class Watched(MemoryBackend):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.limits: list[int] = []

    def search(self, *args: Any, **options: Any) -> Page:
        self.asked.append("search")
        self.limits.append(options["limit"])
        return super().search(*args, **options)

    def count(self, *args: Any) -> int:
        self.asked.append("count")
        return super().count(*args)


def shelf(*changes: dict[str, Any]) -> Events:
    """Events one microsecond apart, the first the oldest, in a store that remembers."""
    backend = Watched()
    backend.index(
        [event(ts=NOON + number) if not one else event(ts=NOON + number, **one) for number, one in enumerate(changes)]
    )
    return Events(backend=backend)


def users(events: Any) -> str:
    """The users' names in order."""
    return "".join(event.user or "-" for event in events)


def named(names: str) -> Events:
    """One event for each letter, by a user of that name; `-` has none."""
    return shelf(*({"user": None if name == "-" else name} for name in names))


def asked(events: Events) -> list[str]:
    """What the store was asked."""
    assert isinstance(events.backend, Watched)
    return events.backend.asked


def test_nothing_is_asked_until_it_is_looked_at() -> None:
    events = named("abc").filter(user="a").exclude(log="x").order_by("user")[:5]
    assert asked(events) == []
    assert users(events) == "a"


def test_all_are_fetched_once() -> None:
    events = named("abc")
    assert (list(events), len(events), bool(events), events.count(), events[0]) == (list(events), 3, True, 3, events[0])
    assert asked(events) == ["search"]


def test_the_newest_come_first() -> None:
    assert users(named("abc")) == "cba"


def test_events_are_ordered_by_names_with_missing_ones_last_both_ways() -> None:
    events = named("b-ca")
    assert users(events.order_by("user")) == "abc-"
    assert users(events.order_by("-user")) == "cba-"
    assert users(events.order_by("timestamp")) == "b-ca"


def test_equal_ones_are_ordered_by_time_in_the_direction_of_the_last_name() -> None:
    events = shelf({"suid": "1"}, {"suid": "2"}, {"suid": "3"})
    assert [event.suid for event in events.order_by("user")] == ["1", "2", "3"]
    assert [event.suid for event in events.order_by("-user")] == ["3", "2", "1"]


@pytest.mark.parametrize("names", [("user", "-timestamp"), ("id",), ("-timestamp", "user"), ("timestamp",), ()])
def test_every_order_ends_with_time_and_id_in_one_direction(names: tuple[str, ...]) -> None:
    (first, down), (second, same) = Events().order_by(*names).order[-2:]
    assert (first, second, down) == ("ts", "id", same)


@pytest.mark.parametrize("name", ["usr", "verbose", "ip", "_context__a", "--user", ""])
def test_an_unknown_order_is_an_error_that_lists_the_names(name: str) -> None:
    with pytest.raises(UnknownField, match="There are: id, timestamp"):
        Events().order_by(name)


def test_each_method_returns_a_new_object() -> None:
    events = named("abc")
    assert users(events.filter(user="a")) == "a"
    assert users(events.exclude(user="a")) == "cb"
    assert users(events) == "cba"


def test_exclude_leaves_out_what_answers_all_of_it_together() -> None:
    events = shelf({"user": "a", "suid": "1"}, {"user": "a", "suid": "2"})
    assert events.exclude(user="a", suid="1").count() == 1
    assert events.exclude().count() == 2


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (slice(2), "ed"),
        (slice(1, 3), "dc"),
        (slice(3, None), "ba"),
        (slice(9, None), ""),
        (slice(3, 1), ""),
        (slice(None), "edcba"),
    ],
)
def test_a_slice_is_a_part(part: slice, expected: str) -> None:
    events = named("abcde")[part]
    assert (users(events.iterator()), events.count(), users(events)) == (expected, len(expected), expected)


def test_a_slice_of_a_slice_is_a_part_of_it() -> None:
    assert users(named("abcdef")[1:5][1:9]) == "dcb"
    assert named("abcdef")[1:5][3].user == "b"


def test_a_small_slice_asks_for_no_more_than_it_shows() -> None:
    events = named("abcde")
    list(events[:2])
    assert isinstance(events.backend, Watched)
    assert events.backend.limits == [2]


@pytest.mark.parametrize("part", [slice(-1, None), slice(None, -1), slice(0, 5, 2), -1])
def test_negative_and_stepped_slices_are_errors(part: Any) -> None:
    with pytest.raises(QueryError):
        named("abc")[part]


@pytest.mark.parametrize(
    "refine", [lambda e: e.filter(user="a"), lambda e: e.exclude(user="a"), lambda e: e.order_by("user")]
)
def test_a_slice_is_not_refined(refine: Any) -> None:
    with pytest.raises(QueryError, match="once a slice has been taken"):
        refine(named("abc")[:2])


def test_an_index_beyond_the_end_is_an_index_error() -> None:
    with pytest.raises(IndexError):
        named("abc")[3]


def test_first_and_exists_ask_for_one_event() -> None:
    events = named("abc")
    assert (events.first().user, events.exists(), bool(events)) == ("c", True, True)  # type: ignore[union-attr]
    assert (events.filter(user="z").first(), events.filter(user="z").exists()) == (None, False)
    assert asked(events) == ["search"] * 5


def test_the_iterator_yields_any_number_page_after_page() -> None:
    events = shelf(*({"suid": str(number)} for number in range(25)))
    assert [int(event.suid or 0) for event in events.iterator(page=4)] == [*range(24, -1, -1)]
    assert asked(events) == ["search"] * 7


@pytest.mark.parametrize("page", [0, -1, 10_001])
def test_a_page_that_no_store_gives_is_an_error(page: int) -> None:
    with pytest.raises(QueryError, match="1 to 10000"):
        named("abc").iterator(page=page)


@pytest.mark.parametrize("order", [("timestamp",), ("user", "-suid"), ("-user", "suid"), ("suid", "-user")])
def test_pages_follow_each_other_in_any_order(order: tuple[str, ...]) -> None:
    changes = [{"user": user, "suid": suid} for user in (None, "a", "b") for suid in ("1", None, "2")]
    events = shelf(*changes).order_by(*order)
    assert [event.id for event in events.iterator(page=2)] == [event.id for event in events.iterator()]
    assert len({event.id for event in events}) == 9


def test_hits_that_only_resemble_the_question_are_left_out() -> None:
    events = shelf({"context": {"v": LONG + "a" * 80}}, {"context": {"v": LONG + "a" * 70 + "b" * 10}}, {"user": "x"})
    found = events.filter(_context__v__contains="a" * 75)
    assert (found.count(), len(found), found.exists(), len(events.exclude(_context__v__contains="a" * 75))) == (
        1,
        1,
        True,
        2,
    )


def test_a_slice_of_checked_hits_counts_only_true_ones() -> None:
    events = shelf(*({"context": {"v": "a" * 64 + ending + LONG}} for ending in "xyxyxy"))
    assert [
        event.context_data["v"][64] for event in events.filter(_context__v__startswith="a" * 64 + "x" + LONG)[1:9]
    ] == ["x", "x"]


def test_only_what_is_not_sure_is_fetched_to_be_counted() -> None:
    events = shelf(*({"user": "ab"} for _ in range(9)), {"user": LONG + "ab"})
    found = events.filter(user__regex="a.$")
    assert found.count() == 10
    assert isinstance(events.backend, Watched)
    assert events.backend.asked == ["count", "count", "search"]


def test_the_repr_shows_the_first_twenty() -> None:
    text = repr(named("abcdefghijklmnopqrstuvwxyz"))
    assert text.startswith("<Events [Event(")
    assert text.count("Event(") == 20
    assert text.endswith("...(remaining elements truncated)...]>")


def test_an_error_in_a_question_is_raised_where_it_is_put() -> None:
    with pytest.raises(UnknownField):
        Events().filter(Q(usr="Anna"))


def test_the_flags_of_an_event_come_with_it() -> None:
    events = shelf({"context": {f"k{number}": number for number in range(6_000)}})
    assert events[0].flags == {"clipped"}


def test_a_question_is_copied_and_pickled_with_what_was_fetched_and_without_its_store(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = named("abcb").backend
    monkeypatch.setattr("auditsearch.search.get_backend", lambda: store)
    events = Events().filter(user="b")
    for _ in range(2):
        for another in (pickle.loads(pickle.dumps(events)), copy.deepcopy(events)):
            assert users(another) == "bb"
            assert "store" not in another.__getstate__()
        assert users(events) == "bb"
    assert users(pickle.loads(pickle.dumps(events.values_list("user", flat=True).events))) == "bb"


def test_counting_by_an_expression_asks_what_is_cheap_first(monkeypatch: pytest.MonkeyPatch) -> None:
    events = named("abc").filter(user__regex="[ab]")
    assert (events.count(), len(events)) == (2, 2)
    assert asked(events) == ["count", "count", "count", "search"]  # an alarm first, and not the whole doubt
    assert events.plan.first != events.plan.sure != events.plan.engine
