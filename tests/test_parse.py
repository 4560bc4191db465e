"""From keywords and Q to a tree; what is unknown or does not fit is an error that says what does."""

import datetime
import enum
import uuid
from decimal import Decimal
from functools import reduce
from operator import xor
from typing import Any

import pytest
from django.db.models import F, Q
from django.test import override_settings
from django.utils import timezone
from django.utils.functional import lazystr

from auditsearch.exceptions import InvalidValue, QueryError, UnknownField, UnknownLookup
from auditsearch.query.parse import tree_of
from auditsearch.query.regex import Pattern
from auditsearch.query.tree import ALL, And, Not, Or, Where, Words

UTC = datetime.UTC
A, B, C = (Where(f"context.{key}", "exact", 1) for key in "abc")


class Code(enum.Enum):
    PAID = "paid"


def asked(**keywords: Any) -> tuple[str, str, Any]:
    """Path, lookup and value of one condition."""
    node = tree_of(**keywords)
    assert isinstance(node, Where)
    return node.path, node.lookup, node.value


def test_no_question_is_every_event() -> None:
    assert tree_of() == tree_of(Q()) == tree_of(~Q()) == ALL


def test_questions_and_keywords_hold_together() -> None:
    assert tree_of(Q(_context__a=1), _context__b=1) == And((A, B))


def test_q_is_combined_as_django_does() -> None:
    a, b = Q(_context__a=1), Q(_context__b=1)
    assert tree_of(a | b) == Or((A, B))
    assert tree_of(~(a & b)) == Not(And((A, B)))
    assert tree_of(a ^ b) == Or((And((A, Not(B))), And((Not(A), B))))


@pytest.mark.parametrize(
    ("keyword", "path"),
    [
        ("user", "user_name"),
        ("user_name", "user_name"),
        ("log", "log_name"),
        ("event_code", "event_code"),
        ("_changed", "changed"),
        ("_from__status", "from.status"),
        ("_to__status", "to.status"),
        ("_snapshot__a__b", "snapshot.a.b"),
        ("_context__a.b", "context.a.b"),
        ("_context__k=1#@~?%", "context.k%3D1%23%40%7E%3F%25"),
        ("_context__contains__exact", "context.contains"),
        ("_context__search__exact", "context.search"),
        ("_context____exact", "context."),
        ("_context____a", "context..a"),
    ],
)
def test_a_keyword_names_a_stored_path(keyword: str, path: str) -> None:
    assert asked(**{keyword: "x"})[0] == path


def test_text_of_context_and_snapshot_is_asked_in_part_in_any_case() -> None:
    assert [asked(**{f"{root}__a": "x"})[1] for root in ("_context", "_snapshot")] == ["icontains"] * 2


@pytest.mark.parametrize("keyword", ["user", "_from__a", "_to__a", "_changed"])
def test_other_text_is_exact_without_a_lookup(keyword: str) -> None:
    assert asked(**{keyword: "x"})[1] == "exact"


@pytest.mark.parametrize("value", [1, 1.5, True, datetime.date(2026, 1, 1)])
def test_what_is_no_text_is_exact_without_a_lookup(value: Any) -> None:
    assert asked(_context__a=value)[1] == "exact"


def test_none_asks_for_a_missing_value() -> None:
    assert asked(user=None) == ("user_name", "isnull", True)
    assert asked(_context__a__exact=None) == ("context.a", "isnull", True)


@pytest.mark.parametrize(
    ("value", "means"),
    [
        (0.1, Decimal("0.1")),
        (2**53 + 1, 2**53 + 1),
        (Decimal("1.00"), 1),
        (True, True),
        (Code.PAID, "paid"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (lazystr("x"), "x"),
        (datetime.time(8), "08:00:00"),
        ("a\ue000b", "a\ufffdb"),
        ("\ud800", "\\ud800"),
    ],
)
def test_a_value_is_asked_as_it_is_stored(value: Any, means: Any) -> None:
    assert asked(_context__a__exact=value)[2] == means


def test_true_is_not_the_number_one() -> None:
    assert type(asked(_context__a=True)[2]) is bool
    assert type(asked(_context__a=1)[2]) is int


def test_the_envelope_holds_text_so_a_number_is_asked_as_its_text() -> None:
    assert asked(object_id=5) == ("object_id", "exact", "5")
    assert asked(suid__in=[7, "8"])[2] == ("7", "8")


@override_settings(TIME_ZONE="Europe/Berlin")
def test_naive_times_on_paths_are_in_the_site_s_zone_and_on_timestamp_in_the_current_one() -> None:
    nine, text = datetime.datetime(2026, 7, 1, 9), "2026-07-01T09:00"
    with timezone.override("America/New_York"):
        assert {asked(_context__a__gte=value)[2].hour for value in (nine, text)} == {7}
        assert {asked(timestamp__gte=value)[2].hour for value in (nine, text)} == {13}


@override_settings(TIME_ZONE="Europe/Berlin")
def test_a_bare_date_is_its_midnight() -> None:
    midnight = datetime.datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert asked(_context__a__lt=datetime.date(2026, 7, 1))[2] == midnight
    assert asked(timestamp="2026-07-01")[2] == midnight


@pytest.mark.parametrize("text", ["2026-7-1", "2026-07-01T9:00", "2026-07-01T09:00:00.1234567", "20260701", "2026-W01"])
def test_what_is_no_full_iso_time_is_text(text: str) -> None:
    assert asked(_context__a__gt=text)[2] == text
    with pytest.raises(InvalidValue):
        tree_of(timestamp__gt=text)


def test_search_needs_each_word_once_and_phrase_all_in_order() -> None:
    assert tree_of(search="Ёлка, ёлка: birth_certificate.jpg") == Words(("елка", "birth", "certificate", "jpg"))
    assert tree_of(phrase="a B a") == Words(("a", "b", "a"), phrase=True)


@pytest.mark.parametrize("value", ["", " ", "_-.!", "\u0301"])
def test_a_question_without_a_word_is_an_error(value: str) -> None:
    with pytest.raises(InvalidValue, match="at least one word"):
        tree_of(search=value)


@pytest.mark.parametrize("keyword", ["_context__a__search", "user__phrase", "search__icontains", "phrase__exact"])
def test_search_on_a_path_or_with_a_lookup_is_an_error_that_names_icontains(keyword: str) -> None:
    with pytest.raises(UnknownLookup, match="icontains"):
        tree_of(**{keyword: "x"})


@pytest.mark.parametrize(
    ("keyword", "remedy"),
    [
        ("usr", "Did you mean user"),
        ("wholly_unknown", "There are: id, timestamp"),
        ("context_data", "_context__key"),
        ("object_snapshot__a", "_snapshot__key"),
        ("_context", "_context__title"),
        ("_context__contains", "__exact"),
        ("_context__a__", "__exact"),
        ("", "There are"),
    ],
)
def test_an_unknown_field_is_an_error_that_lists_the_fields(keyword: str, remedy: str) -> None:
    with pytest.raises(UnknownField, match=remedy):
        tree_of(**{keyword: "x"})


@pytest.mark.parametrize(
    ("keyword", "remedy"),
    [
        ("user__icontain", "Did you mean icontains"),
        ("user__first__exact", "no lookup 'first'"),
        ("timestamp__contains", "exact, in, gt"),
        ("id__startswith", "exact, in"),
    ],
)
def test_an_unknown_lookup_is_an_error_that_lists_the_lookups(keyword: str, remedy: str) -> None:
    with pytest.raises(UnknownLookup, match=remedy):
        tree_of(**{keyword: "x"})


BAD = [
    float("nan"),
    float("inf"),
    Decimal("NaN"),
    Decimal("1e300"),
    10**300,
    10**5000,
    1e-300,
    b"x",
    [],
    {},
    object(),
    F("a"),
]


@pytest.mark.parametrize("value", BAD, ids=lambda value: type(value).__name__)
def test_a_value_that_nothing_can_equal_is_an_error(value: Any) -> None:
    with pytest.raises(InvalidValue):
        tree_of(_context__a=value)


@pytest.mark.parametrize("lookup", ["gt", "gte", "lt", "lte"])
@pytest.mark.parametrize("value", [True, False, None, b"", [1]])
def test_true_false_and_none_have_no_order(lookup: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match="takes a number, a date or time, or text"):
        tree_of(**{f"_context__a__{lookup}": value})


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("_context__a__range", (1, "a")),
        ("_context__a__range", (1, datetime.date(2026, 1, 1))),
        ("_context__a__range", (1, 2, 3)),
        ("_context__a__range", 5),
        ("_context__a__in", "abc"),
        ("_context__a__in", [None]),
        ("_context__a__in", 5),
        ("_context__a__isnull", 1),
        ("_context__a__icontains", 5),
        ("_context__a__regex", "("),
        ("_context__a__regex", None),
        ("user__gte", 5),
        ("user", True),
        ("timestamp", "today"),
        ("timestamp", 1_795_348_800),
        ("search", 5),
    ],
)
def test_a_value_of_the_wrong_kind_is_an_error(keyword: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        tree_of(**{keyword: value})


def test_a_time_beyond_the_calendar_is_an_error() -> None:
    east = datetime.timezone(datetime.timedelta(hours=5))
    with pytest.raises(InvalidValue, match="years 1 to 9999"):
        tree_of(_context__a__gt=datetime.datetime(1, 1, 1, tzinfo=east))


def test_what_is_no_question_is_an_error() -> None:
    with pytest.raises(InvalidValue, match=r"keyword or a django.db.models.Q"):
        tree_of(F("a"))  # type: ignore[arg-type]


def test_every_error_of_a_question_is_a_query_error_and_a_value_error() -> None:
    assert {kind.__mro__[1] for kind in (UnknownField, UnknownLookup, InvalidValue)} == {QueryError}
    assert issubclass(QueryError, ValueError)


@pytest.mark.parametrize("depth", [11, 200, 2_000])
def test_a_question_deeper_than_every_store_can_answer_is_refused(depth: int) -> None:
    asked = Q(user="a")
    for number in range(depth):
        asked = ~(asked & Q(log=str(number)))
    with pytest.raises(InvalidValue, match="at most 20 of and, or and not"):
        tree_of(asked)


def test_a_long_exclusive_or_is_refused_at_once() -> None:
    with pytest.raises(InvalidValue, match="an exclusive or is three"):
        tree_of(reduce(xor, (Q(user=str(number)) for number in range(60))))


def test_in_takes_any_iterable_and_regex_makes_a_pattern() -> None:
    assert asked(_context__a__in=(number for number in (1, 2)))[2] == (1, 2)
    assert asked(_context__a__regex="^a")[2] == Pattern("^a")
