"""The address says all: what it says comes out again as it was, and what is wrong in it is told."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import timezone

from auditsearch.exceptions import QueryError
from auditsearch.search import Events
from auditsearch.web.scope import Scope
from auditsearch.web.state import State
from tests.factories import NOON
from tests.web.conftest import Put

ALL = Scope(None, Events(), "")
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
QUERIES = [
    "",
    "q=user%3Aanna+%D1%82%D0%BE",
    "log=main&since=2+days&until=now&sort=user&interval=day&size=7",
    "f.user=Anna&f.user=%26%3D%23&f.log=&x.level=INFO",
]


def asked(query: str) -> Events:
    """The events that an address asks for."""
    return State.from_query(QueryDict(query)).events(ALL, NOW)


@pytest.mark.parametrize("query", QUERIES)
def test_an_address_says_what_it_was_made_of(query: str) -> None:
    state = State.from_request(RequestFactory().get(f"/audit/?{query}"))
    assert state.query() == query
    assert State.from_query(QueryDict(state.query())) == state


def test_a_change_keeps_what_it_does_not_name() -> None:
    state = State.from_query(QueryDict("q=word&f.user=Anna&cursor=x"))
    assert state.url(cursor="", since="today") == "/audit/?q=word&since=today&f.user=Anna"
    assert State().url() == "/audit/"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=late", {"b"}),
        ("log=main", {"a", "c"}),
        ("since=90+minutes", {"a", "b", "c"}),
        ("since=30+minutes+ago", {"a", "b"}),
        ("until=2026-11-22T12:00:00%2B00:00", {"c"}),
        ("f.user=Anna&f.user=Boris", {"a", "b"}),
        ("f.user=Anna&f.log=other", set()),
        ("x.user=Anna", {"b", "c"}),
        ("f.user=", {"c"}),
        ("x.user=&x.user=Anna", {"b"}),
        ("f.state=open", {"a"}),
        ("q=late+OR+early&f.log=main&x.user=Boris", {"a"}),
    ],
)
def test_each_part_of_an_address_narrows_the_answer(put: Put, query: str, found: set[str]) -> None:
    put(object_id="a", verbose="early", user="Anna", context_data={"state": "open"})
    put(object_id="b", verbose="late", user="Boris", log="other")
    put(object_id="c", verbose="x", user=None, ts=NOON - 3_600_000_000)
    assert {event.object_id for event in asked(query)} == found


def test_a_facet_of_a_long_value_finds_it(put: Put) -> None:
    put(object_label="я" * 300)
    ((value, _),) = Events().facets("object_label").values
    assert State(only=(("object_label", str(value)),)).events(ALL, NOW).count() == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=canonical", "ordered by 'canonical'"),
        ("since=soon", "says no moment"),
        ("f.canonical=x", "counted by 'canonical'"),
        ("f._context__secret=x", "Promote the key first"),
        ("x.user__regex=x", "counted by 'user__regex'"),
        ("q=" + "x" * 1025, "at most 1024 bytes"),
        ("log=" + "%D1%8F" * 513, "at most 1024 bytes"),
        ("f.user=x&" * 60 + "&".join(f"f.log={n}" for n in range(101)), "at most 100 conditions"),
        ("q=" + "a+OR+" * 60 + "a:1&" + "&".join(f"f.log={n}" for n in range(60)), "at most 100 conditions"),
        ("q=user%3A%28", "parenthesis"),
    ],
)
def test_what_is_wrong_is_told(query: str, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence):
        asked(query)


@pytest.mark.parametrize("size", ["0x1", "-1", "12345", "²", "ten"])
def test_a_size_that_is_none_is_told(size: str) -> None:
    with pytest.raises(QueryError, match="it must be a number, 1 to 200"):
        assert State(size=size).page_size


def test_the_next_page_asks_for_the_same_stretch_of_time() -> None:
    fixed = State(since="1 hour", until="").fixed(NOW)
    assert fixed.span(NOW)[0] == State(since="1 hour").span(NOW)[0]
    assert fixed.fixed(timezone.now()) == fixed
    assert fixed.until == ""


@pytest.mark.parametrize("moment", ["0001-01-02", "9999-12-31", "1969-12-31 23:59:59.999999", "2999-06-01T00:00+14:00"])
def test_no_date_of_the_calendar_is_too_far(moment: str) -> None:
    assert asked(f"since={moment.replace('+', '%2B')}").count() == 0
