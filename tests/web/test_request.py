"""The page of one request: its events in order, who and from where, and the time between."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories import NOON
from tests.web.conftest import Put
from tests.web.test_event import HOSTILE

URL = "/audit/request/t-1/"


@pytest.fixture
def events(put: Put) -> list[str]:
    """A request of three events, a quarter of a second apart, the last one after more than a minute."""
    same = {"request_token": "t-1", "ip": "10.0.0.7"}
    hooked = {"action": "shop.views.pay", "url": "/orders/7/pay/", "method": "POST"}
    return [put(ts=NOON + after, context=hooked, **same) for after in (0, 250_000, 75_250_000)]


def text(client: Client, url: str = URL) -> str:
    """A page."""
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_events_stand_in_their_order(web: Client, events: list[str]) -> None:
    page = text(web)
    places = [page.index(f'href="/audit/event/{key}/"') for key in events]
    assert places == sorted(places)


def test_the_page_tells_who_where_and_how_long(web: Client, events: list[str]) -> None:
    page = text(web)
    for part in ("Anna", "10.0.0.7", "shop.views.pay", "/orders/7/pay/", "+ 0.25 s", "+ 1 min 15 s", "took 1 min 15 s"):
        assert part in page


def test_a_long_request_is_paged_and_its_whole_time_told(web: Client, put: Put) -> None:
    ids = [put(ts=NOON + n * 1_000_000, request_token="t-1") for n in range(150)]
    first = web.get(URL)
    second = web.get(URL, {"cursor": first.context["sheet"].cursor})
    assert [event.id for answer in (first, second) for event in answer.context["sheet"].events] == ids
    assert first.context["took"] == "2 min 29 s"


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_is_harmless(web: Client, put: Put, evil: str) -> None:
    put(request_token="t-1", user=evil, ip=evil, system_type=evil, context={"action": evil, "url": evil})
    page = text(web)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert not set("\u202e\0\x1b") & set(page)


def test_an_unknown_token_is_not_found(web: Client, events: list[str]) -> None:
    assert web.get("/audit/request/t-2/").status_code == 404
    assert web.get("/audit/request/~/").status_code == 404


def test_a_tenant_sees_its_own_events_of_a_shared_request(tenants: tuple[Client, Client], put: Put) -> None:
    page = text(tenants[0], "/audit/request/shared/")
    assert "only of north" in page
    assert "of south" not in page
    put(log="south", request_token="theirs")
    answers = [tenants[0].get(f"/audit/request/{token}/") for token in ("theirs", "nobodys")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_who_may_not_look_sees_nothing(client: Client, person: Callable[..., Any], events: list[str]) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(person("stranger"))
    assert client.get(URL).status_code == 403


@pytest.mark.parametrize(("number", "asked"), [(3, 1), (150, 2)])
def test_the_store_is_asked_twice_at_most(web: Client, put: Put, searches: list[str], number: int, asked: int) -> None:
    for n in range(number):
        put(ts=NOON + n, request_token="t-1")
    text(web)
    assert searches == ["search"] * asked
