"""Searching on a terminal: questions in words, times in words, every way of showing, and the exit code."""

import json
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import forget_backend, get_backend
from auditsearch.exceptions import InvalidValue
from auditsearch.logs import questions, terminal
from auditsearch.logs.moments import moment
from auditsearch.management.commands import auditsearch_search
from tests.factories import NOON, event

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday
HOUR = 3_600_000_000


@pytest.fixture(autouse=True)
def stored() -> Any:
    """Three events in memory: an hour apart, the newest at noon."""
    forget_backend()
    get_backend().index(
        [
            event(ts=NOON - 2 * HOUR, user="Ben", verbose="Ben paid 5", log="payments", context={"amount": 5}),
            event(ts=NOON - HOUR, user="Anna", verbose="Anna paid 50", level="ERROR", context={"amount": 50}),
            event(ts=NOON, user="Anna", verbose="Anna\x1b[31m left", object_id="8"),
        ]
    )
    yield
    forget_backend()


def search(*question: str, **options: Any) -> list[str]:
    """The lines that the command prints."""
    out = StringIO()
    call_command("auditsearch_search", *question, stdout=out, timezone="UTC", **options)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("question", "options", "found"),
    [
        (["paid"], {}, 2),
        (["anna", "paid"], {}, 1),
        (["user:Anna -paid"], {}, 1),
        (["(user:Ben OR user:Anna)", "context.amount>=50"], {}, 1),
        (['"anna paid"', "user=Anna"], {}, 1),
        (["user=Anna"], {}, 2),
        (["user__in=Anna,Ben", "_context__amount__gte=50"], {}, 1),
        (["_context__amount__isnull=false"], {}, 2),
        ([], {"log": "payments"}, 1),
        ([], {"regex": r"paid \d\d"}, 1),
        ([], {"since": "2026-11-22 11:00"}, 2),
        ([], {"since": "2026-11-22", "until": "2026-11-22 11:00"}, 1),
        ([], {"limit": 1}, 1),
    ],
)
def test_a_question_finds_what_filter_events_finds(question: list[str], options: Any, found: int) -> None:
    assert len(search(*question, format="json", **options)) == found


def test_events_are_shown_oldest_first_and_the_newest_of_them_where_limited() -> None:
    shown = [json.loads(line)["verbose"] for line in search(format="json", limit=2)]
    assert shown == ["Anna paid 50", "Anna\x1b[31m left"]


def test_a_table_has_a_row_for_each_event() -> None:
    head, first, *_ = search()
    assert head.split() == ["time", "log", "level", "user", "object", "what"]
    assert re.split(r"\s{2,}", first) == [
        "2026-11-22 10:00:00.000", "payments", "INFO", "Ben", "Order 7", "Ben paid 5",
    ]  # fmt: skip


def test_nothing_in_an_event_steers_the_terminal() -> None:
    assert not any("\x1b" in line for line in search())
    assert "Anna\\x1b[31m left" in search()[-1]


def test_colours_tell_the_level() -> None:
    assert any(line.startswith("\x1b[") and "paid 50" in line for line in search(force_color=True))


def test_rows_are_cut_to_the_width_of_the_terminal() -> None:
    events = list(questions.newest(questions.asked([], now=NOW), 3))
    lines = terminal.table(events, ZoneInfo("UTC"), 90, lambda text, level: text)
    assert all(terminal.wide(line) <= 90 for line in lines)


def test_lines_are_written_as_kofa_writes_them() -> None:
    assert search("ben", format="kofa") == ["2026-11-22 10:00:00,000 - INFO - Ben - Ben paid 5"]


def test_a_facet_counts_values() -> None:
    assert search(facet="user") == ["2  Anna", "1  Ben"]


def test_the_exit_code_is_1_where_there_is_nothing() -> None:
    with pytest.raises(SystemExit) as left:
        search("nobody")
    assert left.value.code == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "No event answers this question.\n"),
        ({"log": "payments"}, "No event answers this question.\n"),
        (
            {"log": "studnts"},
            "No event answers this question. None is of a log 'studnts'; there are: main, payments.\n",
        ),
        ({"format": "json"}, ""),
    ],
)
def test_that_there_is_nothing_is_said_and_a_log_that_is_none_too(options: Any, told: str, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        search("nobody", **options)
    assert capsys.readouterr().err == told


@pytest.mark.parametrize(
    ("question", "options", "sentence"),
    [
        (["user__foo=x"], {}, "has no lookup"),
        ([], {"since": "the day after"}, "says no moment; say"),
        ([], {"regex": "("}, "regular expression"),
        ([], {"facet": "verbose"}, "verbose"),
        (["(user:anna"], {}, "never closed"),
        ([], {"limit": 0}, "at least 1"),
        ([], {"facet": "user", "format": "json"}, "leave --follow and --format away"),
        ([], {"facet": "user", "follow": True}, "leave --follow and --format away"),
    ],
)
def test_a_wrong_question_is_a_sentence_and_exit_code_2(question: list[str], options: Any, sentence: str) -> None:
    with pytest.raises(CommandError, match=f"(?i){sentence}") as error:
        search(*question, **options)
    assert error.value.returncode == 2


def test_following_shows_each_new_event_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditsearch_search.timezone, "now", lambda: NOW)
    naps = iter([lambda: get_backend().index([event(ts=NOON + 5, verbose="new")]), lambda: None])

    def sleep(_: float) -> None:
        nap = next(naps, None)
        if nap is None:
            raise KeyboardInterrupt
        nap()

    monkeypatch.setattr(auditsearch_search.time, "sleep", sleep)
    shown = [json.loads(line)["verbose"] for line in search(format="json", follow=True, limit=1)]
    assert shown == ["Anna\x1b[31m left", "new"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-11-22T12:00"),
        ("2 days", "2026-11-20T12:00"),
        ("2 days ago", "2026-11-20T12:00"),
        ("90 minutes", "2026-11-22T10:30"),
        ("1h", "2026-11-22T11:00"),
        ("an hour ago", "2026-11-22T11:00"),
        ("last week", "2026-11-15T12:00"),
        ("today", "2026-11-22T00:00"),
        ("Yesterday", "2026-11-21T00:00"),
        ("monday", "2026-11-16T00:00"),
        ("2026-11-01", "2026-11-01T00:00"),
        ("2026-11-01 10:30", "2026-11-01T10:30"),
    ],
)
def test_moments_are_said_in_words(text: str, meant: str) -> None:
    assert moment(text, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "5", "2 moons", "99999 weeks ago ago", "999999 weeks", "2026-13-01"])
def test_what_says_no_moment_is_refused_with_the_choices(text: str) -> None:
    with pytest.raises(InvalidValue, match="2 days"):
        moment(text, NOW)
