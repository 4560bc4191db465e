"""What is made of a part of the events never shows others: pages, completion, totals."""

import pytest

from auditsearch.backends.memory import MemoryBackend
from auditsearch.completion import Completions
from auditsearch.exceptions import QueryError
from auditsearch.search import Events
from tests.factories import event


@pytest.fixture
def part() -> Events:
    """The events of one log; another one has a user, a key and a value of its own."""
    backend = MemoryBackend()
    backend.index([event(user="Anna", log="students", object_snapshot={"mine": "yes"}) for _ in range(3)])
    backend.index([event(user="Boris", log="payments", object_snapshot={"theirs": "secret"})])
    return Events(backend=backend).filter(log="students")


def test_completion_offers_what_stands_in_these_events_alone(part: Events) -> None:
    made = Completions(part)
    assert list(made.values("user", "")) == ["Anna"]
    assert list(made.values("snapshot.theirs", "")) == []
    assert {"snapshot.mine"} == {key for key in made.keys if key.startswith("snapshot.")}


def test_pages_and_totals_stay_within(part: Events) -> None:
    sheet = part.page(2)
    rest = part.page(2, sheet.cursor)
    assert (sheet.total, len(sheet.events), len(rest.events), rest.cursor) == (3, 2, 1, None)
    assert {found.user for found in [*sheet.events, *rest.events]} == {"Anna"}


def test_a_cursor_of_a_part_opens_no_other_one(part: Events) -> None:
    cursor = part.page(1).cursor
    with pytest.raises(QueryError, match="another question"):
        Events(backend=part.backend).page(1, cursor)
