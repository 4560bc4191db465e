"""Sign-ins are told of, and never stand in anybody's way."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.test import Client

from auditsearch import outbox
from auditsearch.event import Event
from auditsearch.testing import Captured

SECRET = "correct horse"


def sign_in(client: Client, password: str = SECRET) -> Any:
    """Send the admin's form."""
    return client.post("/admin/login/?next=/admin/", {"username": "anna", "password": password})


@pytest.fixture
def anna(db: None) -> User:
    """One who may sign in."""
    return User.objects.create_superuser("anna", password=SECRET)


def told(events: Captured, code: str) -> Event:
    """The one event of a code."""
    (event,) = [event for event in events if event.event_code == code]
    return event


def test_login_and_logout_tell_who_and_from_where(anna: User, events: Captured, client: Client) -> None:
    sign_in(client)
    client.post("/admin/logout/")
    for code, sentence in (("login", "anna logged in"), ("logout", "anna logged out")):
        event = told(events, code)
        assert (event.suid, event.user, event.ip, event.verbose) == (str(anna.pk), "anna", "127.0.0.1", sentence)
        assert (event.object_type, event.object_id) == ("auth.User", str(anna.pk))
        assert event.request_token


def test_a_failed_login_tells_the_name_that_was_tried(anna: User, events: Captured, client: Client) -> None:
    sign_in(client, "wrong password")
    event = told(events, "login_failed")
    assert (event.context_data, event.suid, event.level) == ({"username": "anna"}, None, "WARNING")


def test_no_password_is_stored(events: Captured, anna: User, client: Client) -> None:
    sign_in(client, "wrong password")
    sign_in(client)
    texts = [event.canonical for event in events]
    assert len(texts) == 3
    assert not any(secret in text for text in texts for secret in (SECRET, "wrong password", "md5$"))


def test_a_sign_in_that_cannot_be_audited_goes_on_and_is_logged(
    anna: User, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **_given: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM missing")

    monkeypatch.setattr(outbox, "append", broken)
    with caplog.at_level(logging.ERROR, "auditsearch"):
        assert sign_in(client).status_code == 302
    assert [record.action for record in caplog.records] == ["login"]  # type: ignore[attr-defined]
    assert issubclass(caplog.records[0].exc_info[0], DatabaseError)  # type: ignore[index,arg-type]


def test_logging_out_nobody_is_no_event(events: Captured, client: Client) -> None:
    client.logout()
    assert len(events) == 0
