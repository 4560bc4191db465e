"""The two middlewares, below and above synchronous and asynchronous views."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import AsyncClient, Client, RequestFactory

from auditsearch.middleware import client_request_id
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
