"""Hits that are fetched ahead are the hits, in their order, whatever their times are."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from auditsearch.backends.base import Histogram
from auditsearch.backends.memory import MemoryBackend
from auditsearch.search import Events
from auditsearch.web import ahead
from tests.factories import NOON
from tests.web.conftest import Put

MINUTE = 60_000_000


@pytest.fixture(autouse=True)
def _served() -> Iterator[None]:
    """The store in memory as if it were a server, and short stretches."""
    with patch.object(MemoryBackend, "embedded", False), patch.object(ahead, "STRETCH", 3):
        yield


@pytest.fixture
def spread(put: Put) -> None:
    """Events in twelve minutes of three hours, up to five in one."""
    for minute in range(12):
        for n in range(minute % 6):
            put(ts=NOON - minute * 15 * MINUTE - n)


@pytest.mark.parametrize("most", [0, 1, 3, 7, 20, 1000])
@pytest.mark.usefixtures("spread")
def test_they_are_those_that_are_fetched_one_page_after_another(most: int) -> None:
    assert list(ahead.hits(Events(), most, 2)) == list(Events()[:most].hits())


@pytest.mark.usefixtures("spread")
def test_a_stretch_of_too_many_is_fetched_page_by_page() -> None:
    with patch.object(ahead, "TOO_MANY", 3):
        assert list(ahead.hits(Events(), 1000, 2)) == list(Events().hits())


@pytest.mark.usefixtures("spread")
def test_another_order_and_a_question_to_be_checked_are_fetched_as_ever() -> None:
    for events in (Events().order_by("user"), Events().filter(verbose__regex=r"\bx\b")):
        with patch.object(ahead, "stretches", side_effect=AssertionError):
            assert list(ahead.hits(events, 5, 2)) == list(events[:5].hits())


@pytest.mark.parametrize("years", [(1, 1970, 2026), (1970, 2999), (2026, 9999)])
def test_times_far_apart_lose_none(put: Put, years: tuple[int, ...]) -> None:
    for year in years:
        put(ts=(year - 1970) * 31_556_952_000_000 + (86_400_000_000 if year == 1 else 0))
    assert list(ahead.hits(Events(), 10, 2)) == list(Events().hits())
    assert len(list(Events().hits())) == len(years)


def test_of_no_events_there_are_no_stretches() -> None:
    assert list(ahead.hits(Events(), 10, 2)) == []


def test_stretches_leave_no_gap_and_end_with_the_last_that_is_needed() -> None:
    found = Histogram([(n * 10, 2) for n in range(10)], 100)
    assert list(ahead.stretches(found, 10)) == [(80, 100, 4), (60, 80, 4), (40, 60, 4)]
    assert list(ahead.stretches(found, 100))[-1] == (0, 20, 4)


@pytest.mark.usefixtures("spread")
def test_no_more_is_fetched_than_two_stretches_ahead() -> None:
    asked: list[Any] = []
    search = MemoryBackend.search

    def counted(self: MemoryBackend, *args: Any, **named: Any) -> Any:
        asked.append(args)
        return search(self, *args, **named)

    with patch.object(MemoryBackend, "search", counted):
        found = ahead.hits(Events(), 1000, 100)
        next(found)
        found.close()  # type: ignore[attr-defined]
    assert len(asked) <= 3
