"""Reading the log is an event itself: told once, never without end, never silently not."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client, override_settings

from auditsearch.event import Event
from auditsearch.models import OutboxRow
from tests.settings import AUDITSEARCH
from tests.web.conftest import Put

PAGE = "/audit/"


def told(code: str = "audit_read") -> list[Event]:
    """The events of this code that wait in the outbox, oldest first."""
    rows = OutboxRow.objects.order_by("pk").values_list("canonical", flat=True)
    return [event for event in map(Event.from_canonical, rows) if event.event_code == code]


def test_a_page_that_is_read_is_an_event_with_who_asked_what(web: Client, officer: User) -> None:
    web.get(PAGE, {"q": "user:anna", "since": "2 days", "f.level": ["INFO", "ERROR"]})
    [event] = told()
    assert (event.suid, event.user, event.log, event.ip) == (str(officer.pk), "officer", "audit", "127.0.0.1")
    assert event.context_data["question"] == "user:anna"
    assert event.context_data["asked"] == {"since": "2 days", "f.level": ["INFO", "ERROR"]}
    assert event.verbose == "officer read the audit log (search 2 days ['INFO', 'ERROR']): user:anna"


def test_the_event_has_the_request_s_token(web: Client) -> None:
    web.get(PAGE)
    web.get(PAGE)
    tokens = [event.request_token for event in told()]
    assert all(tokens)
    assert tokens[0] != tokens[1]


def test_the_next_page_is_told_as_one(web: Client, put: Put) -> None:
    for _ in range(2):
        put()
    cursor = web.get(PAGE, {"size": "1"}).context["found"].sheet.cursor
    web.get(PAGE, {"size": "1", "cursor": cursor})
    assert [event.context_data.get("further") for event in told()] == [None, True]


def test_what_was_refused_was_not_read(web: Client, client: Client) -> None:
    web.get(PAGE, {"sort": "nonsense"})
    Client().get(PAGE)
    assert told() == []


def test_reading_is_not_told_where_the_site_does_not_want_it(web: Client) -> None:
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"READING": False}):
        assert web.get(PAGE).status_code == 200
    assert told() == []


def test_a_secret_in_a_question_is_hidden_in_each_part_of_the_event(web: Client) -> None:
    web.get(PAGE, {"q": "password=hunter2", "x.user": "token=hunter2"})
    [event] = told()
    assert "hunter2" not in event.canonical


@pytest.mark.parametrize("name", ["q", "f.user", "anything"])
def test_no_text_breaks_the_event(web: Client, name: str) -> None:
    hostile = "\x00\u202e\r\nSet-Cookie: a=b\ud800" + "x" * 100_000
    web.get(PAGE, {name: hostile.encode("utf-8", "surrogatepass")})
    assert all(len(event.canonical) < 10_000 for event in told())


def test_what_can_not_be_told_is_not_shown(web: Client, put: Put) -> None:
    put(verbose="secret sentence")
    with patch("auditsearch.web.reading.record", side_effect=DatabaseError("full")):
        answer = web.get(PAGE)
    assert answer.status_code == 503
    assert "secret sentence" not in answer.content.decode()


def test_reading_joins_no_transaction_that_it_could_break(web: Client) -> None:
    def insert(*args: Any, **named: Any) -> None:
        User.objects.create(username="officer")  # there is one of this name

    with patch("auditsearch.web.reading.record", side_effect=insert):
        assert web.get(PAGE).status_code == 503
    assert User.objects.count() == 1


def test_an_event_of_reading_is_read_by_one_more_event_and_no_more(web: Client) -> None:
    web.get(PAGE)
    web.get(PAGE, {"log": "audit"})
    assert len(told()) == 2
