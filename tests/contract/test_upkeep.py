"""What is done to stored events as a whole, alike on all stores: reading them back, taking them away."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from auditsearch.backends.base import Backend
from auditsearch.document import Document
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from tests.contract.shelf import PREFIX, Shelf
from tests.factories import NOON


@pytest.fixture
def partition(shelf: Shelf) -> str:
    """A partition that no other test writes to."""
    return f"{PREFIX}-{1000 + int(shelf.name.rpartition('-')[2]) % 9000}"


def fill(shelf: Shelf, partition: str, number: int, **changes: Any) -> list[Document]:
    documents = [shelf.event(partition=partition, ts=NOON + n, user="Ёлкина", **changes) for n in range(number)]
    shelf.index(*documents)
    return documents


def held(backend: Backend, partition: str) -> list[str]:
    backend.refresh()
    return [stored.id for stored in backend.read(partition)]


def test_events_are_read_back_oldest_first_page_by_page(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 5)
    first = backend.read(partition, limit=3)
    rest = backend.read(partition, after=(first[-1].ts, first[-1].id), limit=3)
    found = [(one.id, one.ts, one.canonical, one.leaf) for one in [*first, *rest]]
    assert found == [(one.id, one.ts, one.canonical, one.leaf) for one in documents]


def test_of_a_partition_only_what_fits_is_read(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 3)
    fill(shelf, f"{partition}.01", 2)
    node = plan(tree_of(id=documents[1].id)).engine
    assert [one.id for one in backend.read(partition, node)] == [documents[1].id]


def test_what_was_derived_is_read_back_as_it_was_made(backend: Backend, shelf: Shelf, partition: str) -> None:
    document = fill(shelf, partition, 1, context_data={"a": [1, "б" * 300, {"c": True}], "d": {}})[0]
    made = orjson.loads(orjson.dumps(document.body()))
    body = backend.read(partition, derived=True)[0].body or {}
    kept = set(made) if backend.keeps is None else set(made) & backend.keeps
    assert set(body) == kept
    assert {name: sorted(body[name]) for name in ("facts", "folded")} == {
        name: sorted(made[name]) for name in ("facts", "folded")
    }
    assert {name: body[name] for name in kept - {"facts", "folded"}} == {
        name: made[name] for name in kept - {"facts", "folded"}
    }


def test_a_scan_gives_each_event_once_as_reading_does(backend: Backend, shelf: Shelf, partition: str) -> None:
    fill(shelf, partition, 25, context_data={"a": [1, "б" * 300], "n": 2**70})
    batches = list(backend.scan(partition))
    read = sorted(backend.read(partition, derived=True))
    assert sorted(one for batch in batches for one in batch.events()) == read
    assert sorted(one._replace(body=None) for batch in batches for one in batch.brief()) == [
        one._replace(body=None) for one in read
    ]
    assert sum(batch.doubtful(partition, None)[0] for batch in batches) == 25


def test_a_scan_gives_only_what_fits(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 3)
    node = plan(tree_of(id=documents[1].id)).engine
    assert [one.id for batch in backend.scan(partition, node) for one in batch.brief()] == [documents[1].id]
    assert list(backend.scan(f"{partition}.02")) == []


def test_of_a_partition_only_what_fits_is_counted(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 3)
    fill(shelf, f"{partition}.01", 2)
    assert backend.number(partition) == 3
    assert backend.number(partition, plan(tree_of(id=documents[1].id)).engine) == 1
    assert backend.number(f"{partition}.02") == 0


def test_events_are_known_by_their_leaves_where_they_lie(backend: Backend, shelf: Shelf, partition: str) -> None:
    first, second = fill(shelf, partition, 2)
    assert backend.known(partition, {first.id: first.leaf, second.id: second.leaf}) == 2
    assert backend.known(partition, {first.id: second.leaf, second.id: second.leaf}) == 1
    assert backend.known(f"{partition}-other", {first.id: first.leaf}) == 0


def test_an_open_partition_can_be_opened_again(backend: Backend, shelf: Shelf, partition: str) -> None:
    fill(shelf, partition, 1)
    backend.reopen(partition)
    fill(shelf, partition, 1)
    assert len(held(backend, partition)) == 2


def test_each_partition_is_known_with_its_number_of_events(backend: Backend, shelf: Shelf, partition: str) -> None:
    fill(shelf, partition, 3)
    assert backend.holdings()[partition] == 3


def test_what_is_taken_away_is_not_found_and_the_rest_is(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 4)
    assert backend.delete(partition, [documents[1].id, documents[3].id, "none"]) == 2
    assert held(backend, partition) == [documents[0].id, documents[2].id]
    assert shelf.events.filter(search="ёлкина", id__in=[one.id for one in documents]).count() == 2
    assert shelf.events.filter(user="Ёлкина", id__in=[one.id for one in documents]).count() == 2


def test_what_was_taken_away_can_be_stored_again(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 2)
    backend.delete(partition, [one.id for one in documents])
    shelf.index(shelf.event(partition=partition, ts=NOON, user="Other"), *documents)
    assert shelf.events.filter(search="ёлкина", id__in=[one.id for one in documents]).count() == 2
    assert shelf.events.filter(search="other").count() == 1


def test_an_event_of_another_partition_is_not_taken_away(backend: Backend, shelf: Shelf, partition: str) -> None:
    documents = fill(shelf, partition, 1)
    fill(shelf, f"{partition}.01", 1)
    assert backend.delete(f"{partition}.01", [documents[0].id]) == 0
    assert held(backend, partition) == [documents[0].id]


def test_a_partition_is_dropped_whole(backend: Backend, shelf: Shelf, partition: str) -> None:
    fill(shelf, partition, 3)
    other = fill(shelf, f"{partition}.01", 1)
    assert backend.drop_partition(partition, holding=3)
    assert partition not in backend.holdings()
    assert held(backend, f"{partition}.01") == [other[0].id]


def test_a_partition_that_holds_more_than_was_looked_at_is_kept(backend: Backend, shelf: Shelf, partition: str) -> None:
    fill(shelf, partition, 3)
    assert not backend.drop_partition(partition, holding=2)
    assert len(fill(shelf, partition, 1)) == 1
    assert len(held(backend, partition)) == 4


def test_a_partition_that_is_gone_is_dropped_already(backend: Backend, partition: str) -> None:
    assert backend.drop_partition(partition, holding=0)


def test_the_room_that_is_left_is_told(backend: Backend) -> None:
    space = backend.space()
    assert space is None or 0 < space.free <= space.total
