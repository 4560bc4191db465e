"""How the SQLite file keeps facts: few segments however the events came, and pages that give back what was put in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.backends import bits
from auditsearch.backends.base import Sort
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.backends.sqlite_page import LINES, inverted, pages, read
from auditsearch.backends.sqlite_segment import FULL, MERGED, Segment, facts_of, segments
from auditsearch.document import Document
from auditsearch.query.tree import ALL, Fact, Not
from tests.factories import event

ORDER = [Sort("ts", descending=True), Sort("id", descending=True)]
FACT = st.builds("{}{}{}".format, st.sampled_from(["a", "a.b", "@year"]), st.sampled_from("=#@~?"), st.text(max_size=5))


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[SQLiteBackend]:
    made = SQLiteBackend(tmp_path / "audit.sqlite3")
    yield made
    made.close()


def kept(backend: SQLiteBackend) -> list[Segment]:
    with backend._connection() as connection:
        return segments(connection)


def user(name: str) -> Fact:
    return Fact("user_name", "=", "equals", (name,))


def few(count: int, name: str = "Anna") -> list[Document]:
    return [event(user=name) for _ in range(count)]


@given(st.lists(st.lists(FACT, max_size=8, unique=True), max_size=600))
def test_pages_give_back_the_facts_of_each_event(lists: list[list[str]]) -> None:
    made = list(pages(inverted(enumerate(lists))))
    found: list[set[str]] = [set() for _ in lists]
    for page in made:
        for fact, events in read(page):
            for one in events:
                found[ord(one)].add(fact)
    assert found == [set(facts) for facts in lists]


def test_pages_are_sorted_and_no_longer_than_agreed() -> None:
    made = list(pages(inverted((n, [f"snapshot.n={n}", "log_name=main"]) for n in range(1_000))))
    assert [page.first for page in made] == sorted(page.first for page in made)
    assert all(len(list(read(page))) <= LINES for page in made)


@given(st.sets(st.integers(0, 299), max_size=299))
def test_a_set_of_bits_gives_back_its_numbers(numbers: set[int]) -> None:
    assert set(bits.numbers(bits.of(sorted(numbers), 300))) == numbers


def test_small_segments_become_few(backend: SQLiteBackend) -> None:
    for _ in range(MERGED * MERGED + 1):
        backend.index(few(1))
    assert [segment.size for segment in kept(backend)] == [MERGED * MERGED, 1]
    assert backend.count(user("Anna")) == MERGED * MERGED + 1


def test_a_large_batch_takes_the_small_ones_before_it_along(backend: SQLiteBackend) -> None:
    for size in [1, 70, 3, 80, 65, 64, 90, 2, 100]:
        backend.index(few(size))
    assert [segment.size for segment in kept(backend)] == [475]


def test_a_full_segment_stays_as_it_is(backend: SQLiteBackend) -> None:
    backend.index(few(FULL + 1))
    for _ in range(MERGED):
        backend.index(few(1))
    assert [segment.size for segment in kept(backend)] == [FULL, MERGED, 1]


def test_events_taken_away_stay_away_when_segments_are_merged(backend: SQLiteBackend) -> None:
    gone = event(user="Boris")
    backend.index([*few(2), gone, *few(1)])
    assert backend.delete(gone.partition, [gone.id]) == 1
    for _ in range(MERGED - 1):
        backend.index(few(1))
    assert (backend.count(Not(user("Anna"))), backend.count(user("Boris")), backend.count(ALL)) == (0, 0, 10)
    assert len(kept(backend)) == 1


def test_no_fact_of_an_event_is_left_behind(backend: SQLiteBackend) -> None:
    secret, other = event(user="Boris", context_data={"tax": "12345678"}), event(user="Anna")
    backend.index([secret, other])
    backend.delete(secret.partition, [secret.id])
    with backend._connection() as connection:
        bodies = b"".join(row[0] for row in connection.execute("SELECT body FROM page"))
    assert b"12345678" not in bodies
    assert b"Anna" in bodies


def test_a_segment_without_events_is_gone(backend: SQLiteBackend) -> None:
    documents = few(3)
    backend.index(documents)
    backend.delete(documents[0].partition, [document.id for document in documents])
    assert kept(backend) == []
    backend.index(few(2))
    assert backend.count(user("Anna")) == 2


def test_facts_are_read_back_by_event(backend: SQLiteBackend) -> None:
    documents = [event(user=name) for name in ("Anna", "Борис", "Чарли")]
    backend.index(documents)
    with backend._connection() as connection:
        found = facts_of(connection, [1, 3])
    assert {key: set(lists["facts"]) for key, lists in found.items()} == {
        1: set(documents[0].facts),
        3: set(documents[2].facts),
    }
    assert set(found[3]["folded"]) == set(documents[2].folded)


def test_a_stretch_of_time_over_many_segments_is_found(backend: SQLiteBackend) -> None:
    documents = [event(ts=1_000 * n) for n in (7, 1, 9, 3, 8, 2, 6, 4, 5, 0)]
    for document in documents[: MERGED - 1]:
        backend.index([document])
    backend.index(documents[MERGED - 1 :])
    found = backend.search(ALL, order=ORDER, limit=3).hits
    assert [hit.after[0] for hit in found] == [9_000, 8_000, 7_000]
