"""What looks like an order to an engine is found as it stands, or refused with the reason, on every store."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

import pytest
from django.db.models import Q

from auditsearch.exceptions import InvalidValue, QueryError
from auditsearch.query.text import parse
from auditsearch.search import Events
from tests.contract.shelf import Shelf
from tests.factories import NOON

HOSTILE = [
    "*",
    "?",
    "??*",
    '"',
    '" OR "a',
    "\\",
    "\\*",
    "/",
    "/a/",
    "{}",
    '{"match_all": {}}',
    "[a TO z]",
    "a\0b",
    "~1",
    "^",
    "%",
    "_",
]
HOSTILE += [
    "<script>alert(1)</script>",
    "_source",
    "_id",
    "' OR 1=1 --",
    '"; DROP TABLE event; --',
    "NEAR(a b)",
    "a:b",
    "a=b",
    "#",
    "@",
]
HOSTILE += [
    "$where",
    "ctx._source",
    "${7*7}",
    "{{7*7}}",
    "\u202eabc",
    "\ue000",
    "\ue004a",
    "&",
    "|",
    "a\nb",
    "\r",
    "<>",
    "..",
    "a..b",
    "\ud800",
    "!a",
    ">5",
]
TEXTUAL = [
    "exact",
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "gt",
    "lte",
]


@pytest.fixture(scope="module")
def hostile(backend: object) -> Shelf:
    """An event for each, by a user, in a value, as a key and as a sentence; and some of nobody."""
    shelf = Shelf(backend)  # type: ignore[arg-type]
    given = [{"user": text, "verbose": f"x{text}x", "context_data": {"v": text, text: "key"}} for text in HOSTILE]
    shelf.put(*given, {"user": "Anna"}, {"user": None}, {"context_data": {"v": "xax"}})
    return shelf


@pytest.mark.parametrize("lookup", TEXTUAL)
def test_a_hostile_value_means_itself(hostile: Shelf, lookup: str) -> None:
    for text in HOSTILE:
        hostile.agrees(**{f"user__{lookup}": text})
        hostile.agrees(**{f"_context__v__{lookup}": text})


@pytest.mark.parametrize("lookup", ["regex", "iregex"])
def test_a_hostile_expression_is_found_as_everywhere_or_refused(hostile: Shelf, lookup: str) -> None:
    for text in [*HOSTILE, *map(re.escape, HOSTILE)]:
        with suppress(InvalidValue):
            hostile.agrees(**{f"_context__v__{lookup}": text})
    assert HOSTILE.index("$where") in hostile.ask(**{f"user__{lookup}": r"^\$where$"})


def test_a_hostile_key_means_itself(hostile: Shelf) -> None:
    for text in HOSTILE:
        if "__" not in text:
            hostile.agrees(**{f"_context__{text}__exact": "key"})


def test_a_hostile_word_in_the_box_is_found_or_refused(hostile: Shelf) -> None:
    for text in HOSTILE:
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        found = hostile.numbers(Events(parse(f'logger:{hostile.name} user:"{quoted}"'), backend=hostile.backend))
        assert HOSTILE.index(text) in found


def test_a_long_value_is_asked_or_refused(shelf: Shelf) -> None:
    shelf.values("я" * 10_000, "a" * 10_000, "b")
    for lookup in ("exact", "icontains", "startswith", "endswith", "lt"):
        shelf.agrees(**{f"_context__v__{lookup}": "a" * 10_000})
    with pytest.raises(QueryError, match="at most 1000 characters"):
        shelf.ask(_context__v__regex="a" * 10_000)


def test_many_conditions_are_one_question(shelf: Shelf) -> None:
    shelf.values(*range(6))
    assert shelf.ask(reduce(or_, (Q(_context__v=number) for number in range(3, 203)))) == {3, 4, 5}
    assert shelf.ask(*(~Q(_context__v=number) for number in range(1, 201))) == {0}
    assert shelf.ask(_context__v__in=list(range(4, 5_000))) == {4, 5}


def test_too_many_conditions_are_answered_or_refused_with_the_remedy(shelf: Shelf) -> None:
    shelf.values(*range(6))
    told = answered(shelf, reduce(or_, (Q(_context__v=number) for number in range(5, 1_205))))
    assert told == {5} or "one of many values by in" in str(told)


def test_many_days_apart_are_answered_or_refused_with_the_remedy(shelf: Shelf) -> None:
    shelf.put({"ts": NOON})
    days = [date(2026, 11, 22) + timedelta(days=2 * n) for n in range(600)]
    for look in (Events.count, lambda events: len(list(events))):
        told: Any = None
        try:
            told = look(shelf.events.filter(timestamp__date__in=days))
        except QueryError as error:
            told = str(error)
        assert told == 1 or "for many days by range" in told


def answered(shelf: Shelf, asked: Q) -> set[int] | str:
    """What is found, or why nothing can be."""
    try:
        return shelf.ask(asked)
    except QueryError as error:
        return str(error)


@pytest.mark.parametrize(
    "leaf",
    [
        {"v__lt": "x" * 300},
        {"v__iregex": r"\bя.{70}"},
        {"v__icontains": "x" * 70},
        {"v__range": (1, 2.5)},
        {"v__in": [1, "x", True]},
    ],
    ids=str,
)
def test_the_deepest_question_is_answered(shelf: Shelf, leaf: dict[str, Any]) -> None:
    shelf.values("x" * 300, 1, None)
    asked = question = Q(**{f"_context__{name}": value for name, value in leaf.items()})
    for number in range(9):
        asked = ~(asked & Q(user=str(number))) if number % 2 else ~(asked | Q(search=str(number)) & question)
    shelf.agrees(asked, timestamp__year__in=[2025, 2026])


def test_a_key_with_two_underscores_is_asked_in_the_box(shelf: Shelf) -> None:
    shelf.put({"context_data": {"odd__key": "x"}}, {"context_data": {"odd": {"key": "x"}}})
    asked = parse(f"logger:{shelf.name} context.odd__key:x")
    assert shelf.numbers(Events(asked, backend=shelf.backend)) == [0]


def test_a_question_of_stars_alone_is_refused_and_a_star_for_a_value_asks_for_any(shelf: Shelf) -> None:
    shelf.put({"user": "Anna"}, {"user": None})
    for stars in ("*", "**", "user:**", "user:***"):
        with pytest.raises(QueryError):
            parse(stars)
    assert shelf.numbers(Events(parse(f"logger:{shelf.name} user:*"), backend=shelf.backend)) == [0]
