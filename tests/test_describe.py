"""Questions as sentences."""

from datetime import date

import pytest
from django.db.models import Q
from django.test import override_settings
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from auditsearch.exceptions import QueryError
from auditsearch.query.describe import ENGLISH, RUSSIAN, describe
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import tree_of
from auditsearch.query.text import parse
from auditsearch.query.tree import ALL, NONE, Node
from auditsearch.search import Events
from tests.questions import trees

SAID = {
    "ip:10.0.0.0/8 a": (
        "Events where the address lies in “10.0.0.0/8” and “a” stands anywhere",
        "События, где адрес из сети “10.0.0.0/8” и встречается “a”",
    ),
    "user:anna": ("Events where the user is “anna”", "События, где пользователь: “anna”"),
    "-action:delete birth": (
        "Events where not (the action is “delete”) and “birth” stands anywhere",
        "События, где неверно, что (действие: “delete”) и встречается “birth”",
    ),
    "snapshot.status:paid to.a:*": (
        "Events where “status” of the object contains “paid” in any case and “a” after has a value",
        "События, где “status” объекта содержит “paid” в любом регистре и “a” после изменения: есть значение",
    ),
    "time.week_day:(1 2) time.quarter:4": (
        "Events where (the day of the week is “Sunday” or the day of the week is “Monday”) and "
        "the month is one of “10”, “11”, “12”",
        "События, где (день недели: “воскресенье” или день недели: “понедельник”) и месяц: одно из “10”, “11”, “12”",
    ),
    "(a b | c*) time.hour:8": (
        "Events where (the words “a”, “b” stand anywhere or a word begins with “c”) and the hour is “8”",
        "События, где (встречаются слова “a”, “b” или есть слово, которое начинается с “c”) и час: “8”",
    ),
}


@pytest.mark.parametrize(("text", "said"), SAID.items(), ids=SAID)
def test_a_question_is_a_sentence_in_two_languages(text: str, said: tuple[str, str]) -> None:
    assert (describe(parse(text), "en"), describe(parse(text), "ru")) == said


def test_the_active_language_is_spoken_unless_another_is_wanted() -> None:
    events = Events().filter(user="anna")
    with override("ru"):
        assert events.describe() == "События, где пользователь: “anna”"
        assert events.describe("en") == "Events where the user is “anna”"
    with pytest.raises(QueryError, match="en and ru"):
        events.describe("xx")


def test_every_sentence_stands_in_both_languages() -> None:
    assert set(ENGLISH) == set(RUSSIAN) == set(ENGLISH) | set(LOOKUPS)
    assert (describe(ALL, "en"), describe(NONE, "ru")) == ("All events", "Ни одно событие")


def test_times_are_told_in_the_current_time_zone_and_numbers_plainly() -> None:
    asked = Q(timestamp__gte=date(2026, 11, 22)) & Q(_snapshot__amount__range=(1, 2.50))
    assert describe(tree_of(asked), "en") == (
        "Events where the time is at least 2026-11-22 00:00:00+01:00 and "
        "“amount” of the object is between 1 and 2.5, ends included"
    )


@override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": ["ru"]})
def test_a_word_in_any_form_is_one_thing() -> None:
    assert describe(parse("отчёты"), "en") == "Events where “отчеты” stands anywhere in any form"


@settings(max_examples=60, deadline=None)
@given(node=trees([]), language=st.sampled_from(["en", "ru"]))
def test_every_question_can_be_told(node: Node, language: str) -> None:
    assert describe(node, language)
