"""Facets and histograms: each store counts as Python does, in any zone, whatever lies at the edge."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auditsearch.backends import aggregations
from auditsearch.backends.base import Facets, Interval
from auditsearch.backends.order import ENVELOPE
from auditsearch.event import micros
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.intervals import starts
from auditsearch.query.tree import Fact
from tests.contract.shelf import PREFIX, Shelf
from tests.factories import NOON

HOUR = 3_600_000_000
ZONES = ["UTC", "Africa/Lagos", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"]
INTERVALS: list[Interval] = ["year", "month", "week", "day", "hour", "minute"]


def _mine(shelf: Shelf) -> Fact:
    return Fact("logger", "=", "equals", (shelf.name,))


def _expected(values: list[Any], size: int) -> Facets:
    ranked = sorted(Counter(values).items(), key=lambda item: (item[0] is None, -item[1], item[0]))
    known = [(value, number) for value, number in ranked if value is not None]
    return Facets(known[:size], sum(number for _, number in known[size:]), values.count(None), len(values))


@pytest.mark.parametrize("size", [1, 3, 50])
def test_the_most_frequent_values_come_first_and_equal_ones_by_code_point(shelf: Shelf, size: int) -> None:
    names = [*"bbbaaa", None, "B", "ё", "a\uffff", "a\U0001f600", "", None, "ё"]
    shelf.put(*({"user": name} for name in names))
    assert shelf.backend.facets(_mine(shelf), "user_name", size=size) == _expected(names, size)


@pytest.mark.parametrize("field", ENVELOPE)
def test_each_column_is_counted(shelf: Shelf, field: str) -> None:
    values = [shelf.name] * 3 if field == "logger" else ["10.0.0.2", "10.0.0.1", "10.0.0.2"]
    shelf.put(*({field: value} for value in values))
    assert shelf.backend.facets(_mine(shelf), field) == _expected(values, 10)


def test_a_question_is_counted_and_nothing_else(shelf: Shelf) -> None:
    shelf.put(*({"user": name, "context_data": {"n": n}} for n, name in enumerate("aabbb")))
    few = _mine(shelf) & Fact("context.n", "=", "equals", ("0", "4"))
    assert shelf.backend.facets(few, "user_name") == Facets([("a", 1), ("b", 1)], 0, 0, 2)
    nothing = _mine(shelf) & Fact("context.n", "=", "equals", ("9",))
    assert shelf.backend.facets(nothing, "user_name") == Facets([], 0, 0, 0)
    assert shelf.backend.histogram(nothing, "day", UTC).bars == []


@pytest.mark.parametrize("pages", [1, 20])
def test_a_list_over_several_partitions_is_exact_or_marked(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    for name, value in (("LISTED", 1), ("PAGE", 250), ("PAGES", pages)):
        monkeypatch.setattr(aggregations, name, value)
    chance = random.Random(3)
    names = [f"{int(chance.triangular(0, 1000, 0)):04d}" for _ in range(1800)]
    for month in range(6):
        part = names[month * 300 : month * 300 + 300]
        shelf.backend.index([shelf.event(user=name, partition=f"{PREFIX}-2025.{month + 1:02d}") for name in part])
    shelf.backend.refresh()
    found = shelf.backend.facets(_mine(shelf), "user_name", size=5)
    assert found == _expected(names, 5) or not found.exact
    assert found.exact == (pages > 1 or shelf.backend.embedded)


@pytest.mark.parametrize("field", ["verbose", "ts", "context.a", "promoted.nothing"])
def test_there_is_no_other_column(shelf: Shelf, field: str) -> None:
    with pytest.raises(UnknownField, match="counted by"):
        shelf.backend.facets(_mine(shelf), field)


@pytest.mark.parametrize("name", ZONES)
def test_bars_begin_where_the_wall_clock_says(shelf: Shelf, name: str) -> None:
    zone = ZoneInfo(name)
    first = datetime(2018, 10, 27, 20, tzinfo=UTC)
    shelf.put(*({"timestamp": micros(first + timedelta(hours=n, microseconds=n))} for n in range(200)))
    shelf.put({"timestamp": micros(first + timedelta(hours=60)) - 1})
    for interval in ("hour", "day", "week", "month", "year"):
        found = shelf.backend.histogram(_mine(shelf), interval, zone)
        edges = [*(start for start, _ in found.bars), found.end]
        times = [document.ts for document in shelf.documents]
        assert edges == starts(min(times), max(times), interval, zone)
        counts = [sum(start <= ts < end for ts in times) for start, end in pairwise(edges)]
        assert [number for _, number in found.bars] == counts
        assert found.exact


@pytest.mark.parametrize("interval", INTERVALS)
def test_empty_stretches_have_a_bar(shelf: Shelf, interval: Interval) -> None:
    length = {"year": 9000, "month": 800, "week": 180, "day": 30, "hour": 2, "minute": 1}[interval] * HOUR
    shelf.put({"timestamp": NOON}, {"timestamp": NOON + length})
    counts = [number for _, number in shelf.backend.histogram(_mine(shelf), interval, UTC).bars]
    assert (counts[0], counts[-1], sum(counts)) == (1, 1, 2)


def test_times_before_1970_are_counted(shelf: Shelf) -> None:
    shelf.put(*({"timestamp": micros(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) + n} for n in range(2)))
    assert [number for _, number in shelf.backend.histogram(_mine(shelf), "day", UTC).bars] == [1, 1]


def test_too_many_bars_are_refused_with_the_remedy(shelf: Shelf) -> None:
    shelf.put({"timestamp": NOON}, {"timestamp": NOON + 90 * 24 * HOUR})
    with pytest.raises(QueryError, match="longer interval"):
        shelf.backend.histogram(_mine(shelf), "hour", UTC)
