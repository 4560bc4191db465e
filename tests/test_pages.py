"""Pages, totals, rows and history: what is shown of an answer."""

import itertools
from typing import Any

import pytest
from django.core import signing
from django.db.models import Avg, Count, F, Max, Min, Q
from django.test import override_settings

from auditsearch.backends.memory import MemoryBackend
from auditsearch.event import from_micros
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.history import changes, history, key_of, state_at, steps
from auditsearch.paging import Sheet
from auditsearch.ranking import busiest_actors, most_changed_objects
from auditsearch.search import Events
from auditsearch.totals import Cardinality
from tests.factories import NOON, event
from tests.shop.models import Order

LONG = "x" * 300
HOUR = 3_600_000_000


def shelf(*changes: dict[str, Any]) -> Events:
    """Events one microsecond apart, the first the oldest."""
    backend = MemoryBackend()
    backend.index([event(**{"ts": NOON + number} | one) for number, one in enumerate(changes)])
    return Events(backend=backend)


def put(events: Events, **changes: Any) -> None:
    """One more event."""
    assert events.backend is not None
    events.backend.index([event(**changes)])


def sheets(events: Events, size: int, **options: Any) -> list[Sheet]:
    """All pages."""
    found = [events.page(size, **options)]
    while (cursor := found[-1].cursor) is not None:
        found.append(events.page(size, cursor, **options))
    return found


def numbered(count: int, **same: Any) -> Events:
    """Events by users 0, 1, 2 ..."""
    return shelf(*({"user": f"{number:03}"} | same for number in range(count)))


@pytest.mark.parametrize("order", [(), ("timestamp",), ("suid",), ("-user", "timestamp")])
def test_pages_hold_each_event_once(order: tuple[str, ...]) -> None:
    events = numbered(23).order_by(*order)
    found = sheets(events, 5)
    assert [len(sheet.events) for sheet in found] == [5, 5, 5, 5, 3]
    assert [one.id for sheet in found for one in sheet.events] == [one.id for one in events]
    assert {(sheet.total, sheet.exact) for sheet in found} == {(23, True)}


def test_the_last_full_page_has_no_cursor() -> None:
    assert [len(sheet.events) for sheet in sheets(numbered(10), 5)] == [5, 5]
    assert sheets(Events(backend=MemoryBackend()), 5)[0].events == []


def test_pages_are_stable_while_events_arrive() -> None:
    events = numbered(6)
    first = events.page(3)
    put(events, ts=NOON + 100, user="new")
    put(events, ts=NOON - 100, user="late")
    second = events.page(3, first.cursor)
    assert [one.user for one in [*first.events, *second.events]] == ["005", "004", "003", "002", "001", "000"]
    assert [one.user for one in events.page(3, second.cursor).events] == ["late"]


@pytest.mark.parametrize(
    "other",
    [
        lambda events, cursor: events.page(2, cursor, user=8, scope="a"),
        lambda events, cursor: events.page(2, cursor, user=7, scope="b"),
        lambda events, cursor: events.page(2, cursor),
        lambda events, cursor: events.filter(user="x").page(2, cursor, user=7, scope="a"),
        lambda events, cursor: events.order_by("timestamp").page(2, cursor, user=7, scope="a"),
    ],
)
def test_a_cursor_is_bound_to_user_scope_and_question(other: Any) -> None:
    events = numbered(5)
    cursor = events.page(2, user=7, scope="a").cursor
    assert events.page(2, cursor, user=7, scope="a").events
    with pytest.raises(QueryError, match="belongs to another"):
        other(events, cursor)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "a:b:c", "\0", signing.dumps([1, 2]), signing.dumps(5, salt="auditsearch.cursor")],
    ids=[
        "empty",
        "text",
        "unsigned",
        "NUL",
        "salted otherwise",
        "signed, but none of ours",
    ],  # theirs would hold a time
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(QueryError, match="none of ours"):
        numbered(5).page(2, cursor)


@pytest.mark.parametrize("size", [0, -1, 201])
def test_a_page_has_its_limits(size: int) -> None:
    with pytest.raises(QueryError, match="1 to 200"):
        numbered(1).page(size)


def scanned(count: int) -> Events:
    """Every third one answers, but the engine can't tell: the question reaches over the windows of long values."""
    texts = ({"_": LONG + ("a" if number % 3 == 0 else "b")} for number in range(count))
    return shelf(*({"context_data": {"v": text["_"]}} for text in texts)).filter(_context__v__contains="x" * 80 + "a")


def test_a_scan_shows_its_progress_and_resumes_by_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditsearch.paging.STEP", 10)
    events = scanned(60)
    found = sheets(events, 50, seconds=0)
    assert [(sheet.looked, sheet.candidates) for sheet in found][:3] == [(10, 60), (20, 60), (30, 60)]
    assert found[0].progress == pytest.approx(1 / 6)
    assert found[-1].progress == 1
    assert [one.id for sheet in found for one in sheet.events] == [one.id for one in events]


def test_a_scan_without_haste_fills_its_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditsearch.paging.STEP", 7)
    assert [len(sheet.events) for sheet in sheets(scanned(60), 6)][:3] == [6, 6, 6]
    assert sum(len(sheet.events) for sheet in sheets(scanned(60), 6)) == 20


def test_facets_are_exact_where_the_engine_is_sure_and_where_the_rest_was_checked() -> None:
    found = numbered(4).filter(Q(user="000") | Q(user="001")).facets("user")
    assert (found.values, found.total, found.exact) == ([("000", 1), ("001", 1)], 2, True)
    assert scanned(60).facets("user") == ([("Anna", 20)], 0, 0, 20, True)


def test_facets_that_would_need_too_many_looks_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditsearch.totals.CHECKED", 30)
    found = scanned(60).facets("user")
    assert (found.values, found.exact) == ([("Anna", 10)], False)
    assert not scanned(60).histogram("hour").exact


@override_settings(AUDITSEARCH={"PROMOTED": {"amount": ["_snapshot__amount", "double"]}})
def test_promoted_fields_are_counted_and_ordered_by_name_or_key() -> None:
    events = shelf(*({"object_snapshot": {"amount": amount}} for amount in (3, 1, 2, 3)))
    assert events.facets("amount").values == events.facets("_snapshot__amount").values == [(3.0, 2), (1.0, 1), (2.0, 1)]
    assert [row["_snapshot__amount"] for row in events.order_by("-amount").values("_snapshot__amount")] == [3, 3, 2, 1]
    assert events.aggregate(Min("amount"), most=Max("_snapshot__amount")) == {"amount__min": 1.0, "most": 3.0}


@pytest.mark.parametrize("name", ["_snapshot__amount", "verbose", "usr", None])
def test_what_is_no_column_is_refused_with_the_remedy(name: str) -> None:
    with pytest.raises(UnknownField, match=r"Promote|There are"):
        Events().facets(name)
    with pytest.raises(UnknownField, match=r"Promote|There are"):
        Events().order_by(name)


def test_an_expression_is_no_order() -> None:
    with pytest.raises(UnknownField, match="There are: id, timestamp"):
        Events().order_by(F("user").desc())  # type: ignore[arg-type]


def test_a_bar_leads_to_its_events() -> None:
    events = shelf(*({"ts": NOON + hour * HOUR, "user": str(hour)} for hour in (0, 0, 1, 5)))
    bars = events.histogram("hour").bars
    assert [number for _, number in bars] == [2, 1, 0, 0, 0, 1]
    assert [one.user for one in events.between(bars[0][0], bars[1][0])] == ["0", "0"]
    checked = events.filter(verbose__regex=r"\b").exclude(verbose__isnull=True).histogram("hour")
    assert checked.bars == []


def test_an_unknown_interval_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QueryError, match=r"no interval 'decade'\. There are: year, month"):
        numbered(1).histogram("decade")  # type: ignore[arg-type]


def test_a_histogram_of_checked_events_has_the_same_bars() -> None:
    assert [number for _, number in scanned(60).histogram("minute").bars] == [20]


def test_aggregates_are_those_of_a_queryset() -> None:
    events = shelf({"user": "a"}, {"user": "b"}, {"user": None}, {"user": "b"})
    assert events.aggregate(Count("*"), Count("user"), Min("user"), last=Max("timestamp")) == {
        "count": 4,
        "user__count": 3,
        "user__min": "a",
        "last": from_micros(NOON + 3),
    }
    assert events.aggregate(n=Count("user", distinct=True))["n"] == Cardinality(2, True)
    assert events.aggregate(n=Count("id", filter=Q(user="b")))["n"] == 2
    assert events.filter(user="z").aggregate(Min("user")) == {"user__min": None}


@pytest.mark.parametrize("wrong", ["5", 2.5, None, True, 0, -1, 10**30])
def test_a_length_that_is_none_is_refused_with_those_there_are(wrong: Any) -> None:
    for ask in (Events().page, Events().iterator, lambda size: Events().facets("user", size)):
        with pytest.raises(QueryError, match=r"must be a whole number from 1 to [12]"):
            ask(wrong)


@pytest.mark.parametrize(
    "wrong", ["a", 1.5, None, -1, slice("a", None), slice(0, 2.5), slice(-1, None), slice(0, 9, 2)]
)
def test_a_place_that_is_none_is_refused_with_the_remedy(wrong: Any) -> None:
    with pytest.raises(QueryError, match=r"count from 0|whole number|Negative slicing|has no step"):
        Events()[wrong]


@pytest.mark.parametrize("wrong", [Avg("user"), "user", Count(Q(user="a"))])
def test_other_aggregates_are_refused(wrong: Any) -> None:
    with pytest.raises(QueryError):
        Events(backend=MemoryBackend()).aggregate(n=wrong)


def test_values_are_rows_of_names_and_keys() -> None:
    events = shelf(
        {"user": "a", "object_snapshot": {"n": {"k": 1}}, "context_data": {"diff": {"n": [0, 1]}}}, {"user": None}
    ).order_by("timestamp")
    assert list(events.values("user", "_snapshot__n__k", "_from__n", "_to__n", "_changed")) == [
        {"user": "a", "_snapshot__n__k": 1, "_from__n": 0, "_to__n": 1, "_changed": ["n"]},
        {"user": None, "_snapshot__n__k": None, "_from__n": None, "_to__n": None, "_changed": []},
    ]
    assert list(events.values_list("user", "log")) == [("a", "main"), (None, "main")]
    assert events.values_list("user", flat=True)[0] == "a"
    assert list(events.values_list("user", flat=True)[1:]) == [None]
    assert events.values().first()["object_snapshot"] == {"n": {"k": 1}}


def test_distinct_rows_come_once() -> None:
    events = shelf({"user": "a", "log": "x"}, {"user": "b", "log": "x"}, {"user": "a", "log": "y"}, {"user": None})
    assert sorted(map(str, events.values_list("user", flat=True).distinct())) == ["None", "a", "b"]
    assert events.values("user", "log").distinct().count() == 4
    assert list(events[:2].values_list("log", flat=True).distinct()) == ["main", "y"]


def test_rows_are_fetched_once_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = numbered(25).values("user")
    assert repr(rows).startswith("<Rows [{'user': '024'}, {'user': '023'}")
    assert repr(rows).endswith("{'user': '005'}, ...(remaining elements truncated)...]>")
    assert repr(rows[:1].distinct()) == "<Rows [{'user': '024'}]>"
    assert rows.exists()
    assert len(list(rows)) == 25
    monkeypatch.setattr(MemoryBackend, "search", None)
    assert len(rows) == rows.count() == len(list(rows)) == 25


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Events().values("usr"),
        lambda: Events().values_list("user", "log", flat=True),
        lambda: Events().values("_context__a").distinct(),
    ],
)
def test_wrong_rows_are_refused(ask: Any) -> None:
    with pytest.raises(QueryError):
        ask()


@pytest.mark.parametrize("order", [*itertools.product(["user", "-user"], ["suid", "-suid"]), (), ("timestamp",)])
def test_the_last_is_the_last_of_all(order: tuple[str, ...]) -> None:
    names = itertools.product(["a", "b", None], ["1", "2", None])
    events = shelf(*({"user": user, "suid": suid} for user, suid in names)).order_by(*order)
    last = events.last()
    assert last is not None
    assert last.id == list(events)[-1].id
    assert events.exclude(user="a").filter(user="b", suid="1").last().user == "b"  # type: ignore[union-attr]
    assert Events(backend=MemoryBackend()).last() is None


def test_ends_and_ids() -> None:
    events = numbered(3)
    assert [getattr(one, "user", None) for one in (events.latest(), events.latest("user"))] == ["002", "002"]
    ids = [one.id for one in events][:2]
    assert set(events.in_bulk([*ids, "other"])) == set(events.in_bulk(iter(ids))) == set(ids)
    with pytest.raises(QueryError, match="takes a list"):
        events.in_bulk(ids[0])


def test_the_objects_with_the_most_events_are_found_kind_by_kind() -> None:
    kinds = {"shop.Order": "1112234", "shop.Line": "777", "auth.User": "9"}
    events = shelf(*({"object_type": kind, "object_id": key} for kind, keys in kinds.items() for key in keys))
    found = most_changed_objects(events, 3)
    assert found == ([("shop.Line", "7", 3), ("shop.Order", "1", 3), ("shop.Order", "2", 2)], True)
    assert busiest_actors(events).values == [("Anna", 11)]


def story() -> Events:
    """An order that is made, changed twice with a change unseen between, and deleted."""
    same = {"object_type": "shop.Order", "object_id": "7"}
    return shelf(
        same | {"event_code": "insert", "object_snapshot": {"status": "new", "total": 1}},
        same
        | {"object_snapshot": {"status": "paid", "total": 1}, "context_data": {"diff": {"status": ["new", "paid"]}}},
        same | {"event_code": "comment"},
        same
        | {"object_snapshot": {"status": "sent", "total": 9}, "context_data": {"diff": {"status": ["lost", "sent"]}}},
        same | {"event_code": "delete", "object_snapshot": {"status": "sent", "total": 9}},
        {"object_id": "8"},
    )


def test_the_state_of_an_object_at_any_time() -> None:
    states = [state_at(("shop.Order", 7), from_micros(NOON + n), story()) for n in range(-1, 6)]
    assert [state and state["status"] for state in states] == [None, "new", "paid", "paid", "sent", None, None]


def test_changes_that_no_event_tells_of_are_marked() -> None:
    gaps = [
        {name: (gap.known, gap.found) for name, gap in step.gaps.items()} for step in steps(("shop.Order", 7), story())
    ]
    assert gaps == [{}, {}, {}, {"status": ("paid", "lost"), "total": (1, 9)}, {}]


def test_the_changes_of_one_field() -> None:
    found = [(change.old, change.new, bool(change.gap)) for change in changes(("shop.Order", 7), "status", story())]
    assert found == [("new", "paid", False), ("lost", "sent", True)]
    assert [(change.old, change.new) for change in changes(("shop.Order", 7), "total", story())] == [(9, 9)]


def test_history_takes_an_object_or_its_key() -> None:
    assert history(Order(pk=7), story()).count() == history(("shop.Order", "7"), story()).count() == 5
    with pytest.raises(QueryError, match="no key yet"):
        history(Order())
    with pytest.raises(QueryError, match="model's name and key"):
        history("shop.Order#7")  # type: ignore[arg-type]


@pytest.mark.parametrize("of", [Order(pk=7), ("shop.Order", 7), ("gone.Model", 7)])
def test_changes_of_a_field_that_nobody_knows_are_an_error(of: Any) -> None:
    story = shelf({"object_type": key_of(of)[0], "object_snapshot": {"former": 1}})
    with pytest.raises(UnknownField, match="no field 'statsu'"):
        list(changes(of, "statsu", story))
    assert list(changes(of, "former", story)) == []
    assert list(changes(("gone.Model", 7), "statsu", shelf())) == []


def test_a_change_of_many_is_what_was_removed_and_added() -> None:
    events = shelf(
        {"context_data": {"diff": {"tags": {"added": [2], "removed": [1]}}}, "object_snapshot": {"tags": [2]}}
    )
    assert [(one.old, one.new) for one in changes(("shop.Order", 7), "tags", events)] == [([1], [2])]


def test_an_expression_that_no_long_value_can_fit_needs_no_scan() -> None:
    events = numbered(9).filter(user__regex="^00[0-5]$")
    sheet = events.page(4)
    assert (len(sheet.events), sheet.total, sheet.candidates) == (4, 6, 0)
    assert [len(one.events) for one in sheets(events, 4)] == [4, 2]
