"""Facets: what is counted, what a click does, and what is marked."""

from django.http import QueryDict
from django.test import override_settings

from auditsearch.backends.base import Facets
from auditsearch.search import Events
from auditsearch.web.facets import Facet, choice, facets, labelled
from auditsearch.web.scope import Scope
from auditsearch.web.state import State
from tests.factories import NOON
from tests.settings import AUDITSEARCH
from tests.web.conftest import Put


def seen(query: str = "") -> dict[str, Facet]:
    """The facets of an address, by name."""
    state = State.from_query(QueryDict(query))
    return {facet.name: facet for facet in facets(state, state.events(Scope(None, Events(), "")), 60)[0]}


def counts(facet: Facet) -> list[tuple[str, int | None]]:
    return [(choice.label, choice.count) for choice in facet.choices]


def test_the_most_frequent_values_come_first_and_what_has_none_last(put: Put) -> None:
    for user in ("Boris", "Anna", "Boris", None):
        put(user=user)
    assert counts(seen()["user"]) == [("Boris", 2), ("Anna", 1), ("none", 1)]


def test_a_column_that_no_event_has_is_left_out(put: Put) -> None:
    put(ip=None)
    assert {"user", "log", "event_code", "object_type", "system_type", "level"} <= seen().keys()
    assert "ip" not in seen()


def test_a_promoted_text_is_a_facet_and_a_number_is_none(put: Put) -> None:
    put(context_data={"state": "open"}, object_snapshot={"price": 5})
    assert counts(seen()["state"]) == [("open", 1)]
    assert "price" not in seen()


def test_a_click_adds_a_value_and_a_second_one_takes_it_away() -> None:
    state = State(q="word", cursor="x")
    added = State.from_query(QueryDict(choice(state, "user", "Anna").add.partition("?")[2]))
    assert added == State(q="word", only=(("user", "Anna"),))
    assert choice(added, "user", "Anna").add == "/audit/?q=word"


def test_a_value_is_either_asked_for_or_left_out() -> None:
    only = State(only=(("user", "Anna"),))
    assert choice(only, "user", "Anna").leave == "/audit/?x.user=Anna"
    assert choice(State(without=(("user", "Anna"),)), "user", "Anna").state == "without"


def test_what_was_clicked_stands_there_though_nothing_of_it_is_left(put: Put) -> None:
    put(user="Anna")
    chosen = seen("f.user=Nobody")["user"].choices
    assert [(choice.label, choice.count, choice.state) for choice in chosen] == [("Nobody", None, "only")]


def test_a_facet_that_was_opened_shows_all_values(put: Put) -> None:
    for number in range(9):
        put(user=f"user {number}")
    assert (len(seen()["user"].choices), seen()["user"].others) == (6, 3)
    assert seen()["user"].more == "/audit/?all=user"
    assert (len(seen("all=user")["user"].choices), seen("all=user")["user"].more) == (9, "")


def test_a_facet_that_is_not_sure_says_so() -> None:
    class Unsure(Events):
        def facets(self, name: str, size: int = 10) -> Facets:
            return Facets([("x", 2)], 0, 0, 2, exact=False)

    assert not facets(State(), Unsure(), 60)[0][0].exact


def test_codes_and_logs_bear_their_labels() -> None:
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"LOGS": {"main": {"label": "All the rest"}}}):
        assert (labelled("log", "main"), labelled("log", "no such")) == ("All the rest", "no such")
    assert (labelled("event_code", "delete"), labelled("event_code", "mine")) == ("deleted", "mine")


def test_facets_count_what_was_found(put: Put) -> None:
    put(user="Anna", verbose="early", ts=NOON)
    put(user="Boris", verbose="late", ts=NOON + 1)
    assert counts(seen("q=late")["user"]) == [("Boris", 1)]


def test_no_facet_is_begun_when_the_time_is_over(put: Put) -> None:
    put()
    assert facets(State(), Events(), -1) == ([], False)
    assert facets(State(), Events(), 60)[1]
