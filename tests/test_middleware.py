"""The two middlewares, below and above synchronous and asynchronous views."""

from io import BytesIO
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import FileResponse
from django.test import AsyncClient, Client, RequestFactory

from auditsearch.middleware import client_request_id
from auditsearch.streams import tied
from auditsearch.testing import Captured
from tests.capture.conftest import audit, committed, events  # noqa: F401 - fixtures


def test_events_of_one_request_share_a_token_and_tell_who_acted(events: Captured, client: Client) -> None:  # noqa: F811
    anna = User.objects.create_user("anna")
    client.force_login(anna)
    client.get("/add?name=a")
    client.get("/add?name=b")
    first, second = events[-2:]
    assert (first.user, first.suid, first.ip) == ("anna", str(anna.pk), "127.0.0.1")
    assert first.request_token != second.request_token
    assert first.verbose == f"anna created Customer {first.object_id}"


@pytest.mark.parametrize("path", ["/add?name=a", "/aadd?name=a"])
def test_the_request_is_known_in_every_kind_of_view(committed: Captured, path: str) -> None:  # noqa: F811
    Client().get(path)

    async def ask() -> None:
        await AsyncClient().get(path)

    async_to_sync(ask)()
    assert [event.ip for event in committed] == ["127.0.0.1", "127.0.0.1"]
    assert len({event.request_token for event in committed}) == 2


def test_after_the_request_nothing_is_left_of_it(events: Captured, client: Client) -> None:  # noqa: F811
    client.get("/add?name=a")
    User.objects.create_user("anna")
    assert (events[-1].ip, events[-1].request_token) == (None, None)


def test_what_is_streamed_tells_who_asked_for_it(events: Captured, client: Client, settings: Any) -> None:  # noqa: F811
    settings.ROOT_URLCONF = "tests.windows"
    client.force_login(User.objects.create_user("anna"))
    answer = client.get("/export")
    assert b"".join(answer) == b"ab"
    told = events[-1]
    assert (told.event_code, told.user, told.ip, told.context_data["count"]) == ("export", "anna", "127.0.0.1", 2)
    assert told.request_token
    User.objects.create_user("maria")
    assert events[-1].user is None


def test_a_stream_that_is_broken_off_tells_who_asked_for_it(events: Captured, client: Client, settings: Any) -> None:  # noqa: F811
    settings.ROOT_URLCONF = "tests.windows"
    client.force_login(User.objects.create_user("anna"))
    answer = client.get("/export")
    next(iter(answer))
    answer.close()
    assert (events[-1].user, events[-1].context_data["outcome"]) == ("anna", "failed")


def test_an_asynchronous_stream_is_its_requests_too(committed: Captured, settings: Any) -> None:  # noqa: F811
    settings.ROOT_URLCONF = "tests.windows"

    async def ask() -> list[bytes]:
        return [piece async for piece in await AsyncClient().get("/later-export")]

    assert async_to_sync(ask)() == [b"a"]
    assert (committed[-1].event_code, committed[-1].ip) == ("export", "127.0.0.1")
    assert committed[-1].request_token


def test_a_file_is_sent_as_it_is() -> None:
    answer = FileResponse(BytesIO(b"abc"))
    assert tied(answer).file_to_stream is answer.file_to_stream is not None


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"HTTP_X_REQUEST_ID": "7f2a-1"}, "7f2a-1"),
        ({"HTTP_TRACEPARENT": f"00-{'a' * 32}-{'b' * 16}-01"}, "a" * 32),
        ({"HTTP_X_REQUEST_ID": "a" * 129}, None),
        ({"HTTP_X_REQUEST_ID": "a\nb"}, None),
        ({"HTTP_X_REQUEST_ID": "<b>"}, None),
        ({}, None),
    ],
)
def test_a_trusted_proxys_request_id_is_kept_if_it_is_one(audit: Any, headers: Any, kept: str | None) -> None:  # noqa: F811
    given = RequestFactory().get("/", **headers)
    assert client_request_id(given) is None
    audit(TRUSTED_PROXIES=["127.0.0.0/8"])
    assert client_request_id(given) == kept


def test_it_stands_in_the_context_of_events(events: Captured, audit: Any, client: Client) -> None:  # noqa: F811
    audit(TRUSTED_PROXIES=["127.0.0.1"])
    client.get("/add?name=a", HTTP_X_REQUEST_ID="r-1")
    assert events[-1].context_data == {"client_request_id": "r-1"}
