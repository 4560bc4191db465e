"""Promoted fields: each store coerces, counts and orders them alike, and finds the events as ever."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Max, Min

from auditsearch.backends.base import Facets, Sort
from auditsearch.columns import counted
from auditsearch.query.tree import Fact
from tests.contract.shelf import Shelf

PRICES: list[Any] = [10, "9.50", Decimal("9.5"), -0.0, 0, None, True, "nine", 10**400, [1, "x", 3], {"k": 1}, [], 1e200]
PIECES: list[Any] = [3, "3", 3.5, 2**53 + 1, 2**63 - 2, 2**63 - 1, -(2**63) + 1, "4.0", False, None]
STATES: list[Any] = ["paid", "Paid", "", 5, Decimal("5.0"), True, "x" * 300, ["b", "a"], None, "я", "a\U0001f600"]
DUE: list[Any] = [
    "2026-11-22",
    "2026-11-22T08:00:00.123456Z",
    5,
    "soon",
    None,
    "0001-01-02",
    "9999-12-30",
    ["1969-12-31"],
]


def _mine(shelf: Shelf) -> Fact:
    return Fact("logger", "=", "equals", (shelf.name,))


def _order(shelf: Shelf, field: str, descending: bool) -> list[str]:
    order = [Sort(field, descending), Sort("ts", descending), Sort("id", descending)]
    ids: list[str] = []
    after = None
    while True:
        hits = shelf.backend.search(_mine(shelf), order=order, after=after, limit=3).hits
        ids += [hit.canonical for hit in hits]
        if len(hits) < 3:
            return ids
        after = hits[-1].after


def _put(shelf: Shelf, name: str) -> None:
    match name:
        case "price":
            shelf.put(*({"object_snapshot": {"price": value}} for value in PRICES))
        case "pieces":
            shelf.put(*({"context_data": {"box": {"pieces": value}}} for value in PIECES))
        case "state":
            shelf.put(*({"context_data": {"state": value}} for value in STATES))
        case "due":
            shelf.put(*({"context_data": {"due": value}} for value in DUE))


FACETS = {
    "price": [(0.0, 2), (9.5, 2), (1.0, 1), (3.0, 1), (10.0, 1), (1e200, 1)],
    "pieces": [(3, 2), (2**53 + 1, 1), (2**63 - 2, 1), (4, 1)],
    "state": [("5", 2)],
    "due": [(datetime(2026, 11, 22, 8, 0, 0, 123_000, tzinfo=UTC), 1)],
}


@pytest.mark.parametrize("name", FACETS)
def test_the_values_of_a_promoted_field_are_counted_as_its_kind(shelf: Shelf, name: str) -> None:
    _put(shelf, name)
    found = shelf.backend.facets(_mine(shelf), f"promoted.{name}", size=50)
    assert set(FACETS[name]) <= set(found.values)
    assert {type(value) for value, _ in found.values} == {type(value) for value, _ in FACETS[name]}
    has = [bool(document.promoted) for document in shelf.documents]
    assert (found.missing, found.total, found.other, found.exact) == (has.count(False), len(has), 0, True)
    assert sum(number for _, number in found.values) == sum(len(d.promoted.get(name, ())) for d in shelf.documents)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", FACETS)
def test_a_promoted_field_orders_and_resumes_with_what_is_missing_last(
    shelf: Shelf, name: str, descending: bool
) -> None:
    _put(shelf, name)

    def key(n: int) -> tuple[Any, ...]:
        values = shelf.documents[n].promoted.get(name, ())
        best = (max(values) if descending else min(values)) if values else 0 if name != "state" else ""
        return best, shelf.documents[n].ts, shelf.documents[n].id

    numbers = sorted(range(len(shelf.documents)), key=key, reverse=descending)
    expected = sorted(numbers, key=lambda n: name not in shelf.documents[n].promoted)
    assert _order(shelf, f"promoted.{name}", descending) == [shelf.documents[n].canonical for n in expected]


def test_a_misfit_is_left_out_counted_and_found_as_ever(shelf: Shelf) -> None:
    shelf.put({"object_snapshot": {"price": "dear"}}, {"object_snapshot": {"price": 1}})
    assert [document.misfits for document in shelf.documents] == [("price",), ()]
    assert shelf.ask(_snapshot__price="dear") == {0}
    assert shelf.backend.facets(_mine(shelf), "promoted.price") == Facets([(1.0, 1)], 0, 1, 2)
    told = [finding.message for finding in shelf.backend.status().findings]
    assert [line for line in told if "promoted.price" in line and "no double" in line] or shelf.backend.embedded


def test_fields_that_changed_are_counted_where_they_are_promoted(shelf: Shelf) -> None:
    shelf.put({"context_data": {"diff": {"a": [1, 2], "b": [1, 2]}}}, {"context_data": {"diff": {"a": [1, 2]}}}, {})
    found = shelf.backend.facets(_mine(shelf), counted("_changed"))
    assert found == Facets([("a", 2), ("b", 1)], 0, 1, 3, True)


@pytest.mark.parametrize("name", ["price", "pieces", "state", "due", "changed"])
def test_where_no_event_has_a_value_there_is_neither_a_smallest_nor_a_largest(shelf: Shelf, name: str) -> None:
    shelf.put({}, {})
    assert shelf.events.aggregate(low=Min(name), high=Max(name)) == {"low": None, "high": None}


def test_the_smallest_and_largest_values_are_whole(shelf: Shelf) -> None:
    shelf.put({"context_data": {"state": ["a" * 300, "б" * 300], "due": ["2026-11-22T00:00Z", "2026-11-23T00:00Z"]}})
    assert shelf.events.aggregate(low=Min("state"), high=Max("state")) == {"low": "a" * 300, "high": "б" * 300}
    assert shelf.events.aggregate(high=Max("due")) == {"high": datetime(2026, 11, 23, tzinfo=UTC)}
