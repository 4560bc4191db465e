"""Each document is stored exactly once, whatever comes twice, late, or looks like nothing that can be stored."""

from __future__ import annotations

import random

import pytest

from auditsearch.backends.base import Backend, Settled
from auditsearch.canonical import text
from auditsearch.event import new_id
from auditsearch.forms import encode_key
from auditsearch.query.tree import Where
from tests.contract.shelf import PREFIX, Shelf
from tests.contract.values import BAD, KEYS
from tests.factories import NOON


def _settled(outcomes: list) -> list[Settled]:
    return [outcome.settled for outcome in outcomes]


def test_an_event_sent_again_is_shipped_again_and_stored_once(shelf: Shelf) -> None:
    document = shelf.event()
    assert _settled(shelf.index(document)) == [Settled.SHIPPED]
    assert _settled(shelf.index(document, shelf.event(), document)) == [Settled.SHIPPED] * 3
    assert shelf.events.count() == 2


def test_another_event_under_the_same_id_is_quarantined(shelf: Shelf) -> None:
    known = new_id(NOON)
    shelf.index(shelf.event(id=known, user="Anna"))
    (outcome,) = shelf.index(shelf.event(id=known, user="Boris"))
    assert (outcome.id, outcome.settled) == (known, Settled.QUARANTINE)
    assert outcome.reason
    assert "Boris" not in outcome.reason
    assert [event.user for event in shelf.events] == ["Anna"]


def test_of_two_events_under_one_id_in_a_batch_the_first_is_stored(shelf: Shelf) -> None:
    known = new_id(NOON)
    outcomes = shelf.index(shelf.event(id=known, user="Anna"), shelf.event(id=known, user="Boris"), shelf.event())
    assert _settled(outcomes) == [Settled.SHIPPED, Settled.QUARANTINE, Settled.SHIPPED]
    assert sorted(str(event.user) for event in shelf.events) == ["Anna", "Anna"]


def test_outcomes_come_in_the_order_of_the_documents(shelf: Shelf) -> None:
    documents = [shelf.event(timestamp=NOON + n) for n in random.Random(7).sample(range(100), 100)]
    assert [outcome.id for outcome in shelf.index(*documents)] == [document.id for document in documents]


def test_nothing_is_no_work(backend: Backend) -> None:
    assert backend.index([]) == []


def test_an_event_of_a_dropped_partition_is_settled_and_not_stored(shelf: Shelf) -> None:
    gone = f"{PREFIX}-2020.01"
    documents = [shelf.event(partition=gone, timestamp=NOON - 2 * 10**14), shelf.event()]
    outcomes = shelf.backend.index(documents, dropped=lambda partition: partition == gone)
    shelf.backend.refresh()
    assert _settled(outcomes) == [Settled.EXPIRED_LATE, Settled.SHIPPED]
    assert "retention" in outcomes[0].reason
    assert [event.id for event in shelf.events] == [documents[1].id]


def test_the_text_that_was_captured_comes_back_byte_for_byte(shelf: Shelf) -> None:
    shelf.put({"context_data": {"n": 2**70, "f": 1.1e-30, "t": "\u2028 \x00 😀 é"}, "verbose": "Заказ" * 200})
    (event,) = shelf.events
    assert event.canonical == shelf.documents[0].canonical
    assert event.leaf == shelf.documents[0].leaf


def test_what_a_cap_cut_is_flagged(shelf: Shelf) -> None:
    shelf.put({}, {"context_data": {f"k{n}": n for n in range(6000)}})
    assert {event.id: event.flags for event in shelf.events} == {
        shelf.documents[0].id: frozenset(),
        shelf.documents[1].id: frozenset({"clipped"}),
    }


@pytest.mark.parametrize("name", BAD)
def test_a_value_that_no_json_has_is_stored_and_found_as_everywhere(shelf: Shelf, name: str) -> None:
    value = BAD[name]
    shelf.put({"context_data": {"v": value}}, {"object_snapshot": {"v": value}}, {})
    for path in ("_context__v", "_snapshot__v"):
        shelf.agrees(**{f"{path}__isnull": False})
        shelf.agrees(**{f"{path}__contains": ""})
        shelf.agrees(**{f"{path}__icontains": "a"})
        shelf.agrees(**{f"{path}__gte": 0})
    assert [event.canonical for event in shelf.events] == [document.canonical for document in shelf.documents[::-1]]


def test_keys_of_every_kind_are_stored_and_found(shelf: Shelf) -> None:
    shelf.put(*({"context_data": {key: f"value {n}"}} for n, key in enumerate(KEYS)))
    for n, key in enumerate(KEYS):
        assert shelf.asked_of(Where(f"context.{encode_key(text(key))}", "exact", f"value {n}")) == [n], key


def test_a_key_may_be_a_number_today_and_an_object_tomorrow(shelf: Shelf) -> None:
    shelf.put(*({"context_data": {"a": value}} for value in (1, {"b": 2}, "x", [{"b": "y"}], None, {"b": {"c": 3}})))
    assert shelf.ask(_context__a=1) == {0}
    assert shelf.ask(_context__a__b=2) == {1}
    assert shelf.ask(_context__a__b="Y") == {3}
    assert shelf.ask(_context__a__isnull=True) == {4}
    assert shelf.ask(_context__a__b__c__gte=3) == {5}


def test_a_dotted_key_and_a_nested_one_share_a_path(shelf: Shelf) -> None:
    shelf.put({"context_data": {"a.b": 1, "a": {"b": 2}}})
    assert shelf.ask(_context__a__b=1) == shelf.ask(_context__a__b=2) == {0}


def test_thousands_of_keys_make_no_field(shelf: Shelf) -> None:
    shelf.put(*({"context_data": {f"key{n}_{i}": i for i in range(1000)}} for n in range(5)))
    assert shelf.ask(_context__key3_77=77) == {3}
