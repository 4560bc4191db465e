"""Personal values: found and shown unmasked on each store, and by no other question."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from auditsearch.event import Event
from auditsearch.exceptions import Hidden, QueryError
from auditsearch.facts import Leaf
from auditsearch.query.parse import tree_of
from auditsearch.query.tree import Column, Fact
from tests.contract.shelf import Shelf
from tests.questions import payloads, texts, trees

PERSONAL = ["snapshot.name", "snapshot.born", "context.answer.ssn", "iban", r"re:[a-z]+@[a-z]+\.org"]

ANNA: dict[str, Any] = {
    "object_snapshot": {"name": "Анна Zefirova", "born": 1983, "status": "new"},
    "context_data": {"diff": {"name": ["Бэла", "Анна Zefirova"]}, "answer": {"ssn": ["12-34", {"x": 5}]}},
    "object_label": "Анна Zefirova",
    "verbose": "Анна Zefirova <anna@example.org> wrote a letter",
}
OTHER: dict[str, Any] = {"object_snapshot": {"name": None, "status": "new"}, "verbose": "Somebody wrote a letter"}


@pytest.fixture(autouse=True)
def named(settings: Any) -> None:
    """A site with personal values."""
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": PERSONAL}


@pytest.fixture
def anna(shelf: Shelf) -> Shelf:
    """Two events, of which the first has such values."""
    shelf.put(ANNA, OTHER)
    return shelf


@pytest.mark.parametrize("asked", ["анна", "zefirova", "бэла", "1983", "org", "12"])
def test_words_are_found_by_unmasked_questions_alone(anna: Shelf, asked: str) -> None:
    assert anna.ask(search=asked) == anna.ask(search__prefix=asked) == anna.ask(search__fuzzy=asked) == set()
    assert anna.numbers(anna.events.unmasked().filter(search=asked)) == [0]
    assert anna.numbers(anna.events.unmasked().filter(search__prefix=asked)) == [0]


def test_words_of_both_kinds_are_asked_together(anna: Shelf) -> None:
    events = anna.events.unmasked()
    assert anna.numbers(events.filter(search="zefirova letter")) == [0]
    assert anna.numbers(events.filter(phrase="анна zefirova")) == anna.numbers(events.filter(phrase="org wrote")) == [0]
    assert anna.numbers(events.exclude(search="zefirova")) == [1]
    assert anna.numbers(events.filter(search__fuzzy="zefirowa")) == [0]
    assert anna.ask(phrase="wrote a letter") == {0, 1}


QUESTIONS: list[dict[str, Any]] = [
    {"_snapshot__name": "zefir"},
    {"_snapshot__name__exact": "Анна Zefirova"},
    {"_snapshot__name__startswith": "Анна"},
    {"_snapshot__name__regex": "^А.*a$"},
    {"_snapshot__born__gte": 1980},
    {"_snapshot__born": 1983},
    {"_from__name": "Бэла"},
    {"_to__name__icontains": "АННА"},
    {"_context__answer__ssn": "12-34"},
    {"_context__answer__ssn__x": 5},
    {"_context__diff__name": "Бэла"},
]


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_a_path_that_is_personal_is_asked_unmasked_alone(anna: Shelf, question: dict[str, Any]) -> None:
    assert anna.numbers(anna.events.unmasked().filter(**question)) == [0]
    with pytest.raises(Hidden, match="unmask"):
        anna.events.filter(**question).count()


@pytest.mark.parametrize("unmask", [False, True])
def test_that_there_is_a_value_and_that_it_changed_is_asked_by_everybody(anna: Shelf, unmask: bool) -> None:
    for question in ({"_snapshot__name__isnull": False}, {"_changed": "name"}, {"_context__answer__isnull": False}):
        assert anna.asked_of(tree_of(**question), unmask=unmask) == [0]
    assert anna.asked_of(tree_of(_snapshot__name__isnull=True), unmask=unmask) == [1]


def test_texts_are_asked_as_they_are_shown(anna: Shelf) -> None:
    assert anna.ask(verbose__icontains="zefirova") == anna.ask(object_label__startswith="Анна") == set()
    assert anna.ask(verbose__startswith="••• <") == {0}
    assert anna.numbers(anna.events.unmasked().filter(verbose__icontains="ZEFIROVA <anna")) == [0]
    assert anna.numbers(anna.events.unmasked().filter(object_label="Анна Zefirova")) == [0]


def test_what_is_found_is_hidden_or_whole(anna: Shelf) -> None:
    hidden, whole = anna.events[1], anna.events.unmasked()[1]
    assert hidden.object_snapshot == {"name": "•••", "born": "•••", "status": "new"}
    assert whole.object_snapshot == ANNA["object_snapshot"]
    assert (hidden.diff, whole.diff) == ({"name": ["•••", "•••"]}, ANNA["context_data"]["diff"])
    assert (hidden.verbose, whole.verbose) == ("••• <•••> wrote a letter", ANNA["verbose"])
    assert hidden.canonical == whole.canonical == anna.documents[0].canonical


def test_no_column_holds_a_personal_value(anna: Shelf) -> None:
    found = anna.backend.facets(Fact("logger", "=", "equals", (anna.name,)), "object_label")
    assert dict(found.values) == {"•••": 1, "Order 7": 1}


def test_an_unmasked_cursor_opens_no_masked_page_and_the_other_way_round(anna: Shelf) -> None:
    for events, other in ((anna.events, anna.events.unmasked()), (anna.events.unmasked(), anna.events)):
        cursor = events.page(1).cursor
        assert events.page(1, cursor).events
        with pytest.raises(QueryError, match="cursor"):
            other.page(1, cursor)


def test_each_event_comes_back_with_its_side_object(anna: Shelf) -> None:
    mine = Column("id", "equals", tuple(document.id for document in anna.documents))
    stored = {one.id: one.personal for one in anna.backend.read(anna.documents[0].partition, mine)}
    assert stored == {document.id: document.personal for document in anna.documents}
    assert sorted(map(bool, stored.values())) == [False, True]


def test_what_is_taken_away_leaves_no_words(anna: Shelf) -> None:
    anna.backend.delete(anna.documents[0].partition, [anna.documents[0].id])
    anna.backend.refresh()
    assert anna.numbers(anna.events.unmasked().filter(search="zefirova")) == []


@given(
    st.lists(st.tuples(payloads, payloads, st.none() | texts), min_size=1, max_size=3),
    st.data(),
    st.sampled_from([["snapshot.a"], ["context.a.b", "ключ"], ["b", "re:[aAß]+"], ["snapshot.a", "context.a"]]),
)
@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_stores_and_the_oracle_agree_unmasked_and_not(
    shelf: Shelf, settings: Any, events: list[Any], data: Any, personal: list[str]
) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": personal}
    first = len(shelf.documents)
    shelf.put(
        *({"context_data": {**c, "diff": {"a": [s, c]}}, "object_snapshot": s, "verbose": v} for c, s, v in events)
    )
    known = [Leaf(*leaf) for found in shelf.leaves[first:] for leaf in found.leaves if leaf[1] != "empty"]
    plain = [leaf._replace(path=leaf.path.removeprefix("personal.")) for leaf in known]
    from tests.questions import ASKED

    node = data.draw(trees([leaf for leaf in plain if leaf.path in ASKED]))
    assert shelf.asked_of(node, unmask=True) == shelf.true_of(node, unmask=True)
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": []}  # asked of what is apart, and without a refusal
    assert shelf.asked_of(node) == shelf.true_of(node)


def test_a_masked_event_is_the_same_wherever_it_is_read(anna: Shelf) -> None:
    texts_of = {Event.from_canonical(document.canonical).line for document in anna.documents}
    assert {event.line for event in anna.events} == texts_of
