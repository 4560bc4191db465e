"""The page of one actor: what somebody did, how much of what, when and from where."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.factories import NOON
from tests.web.conftest import Put
from tests.web.test_event import HOSTILE

URL = "/audit/actor/12/"
DAY = 86_400_000_000


def text(client: Client, url: str = URL, **query: str) -> str:
    """A page."""
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def week(put: Put) -> None:
    """Anna signs in from two addresses on five days, and changes an order on the last one; Пётр signs in, too."""
    for n in range(5):
        put(event_code="login", ts=NOON + n * DAY, ip=f"10.0.0.{n % 2}", object_type=None, object_id=None)
    put(ts=NOON + 4 * DAY + 5, ip="10.0.0.1", user="Anna Married")
    put(event_code="login", suid="13", user="Пётр", ip="10.0.0.9")


def counts(client: Client) -> dict[str, dict[str, int]]:
    """Column -> value -> count."""
    columns = client.get(URL).context["columns"]
    return {column.title: {label: count for label, count, _ in column.values} for column in columns}


def test_the_page_counts_actions_models_addresses_and_names(web: Client, week: None) -> None:
    assert counts(web) == {
        "Actions": {"logged in": 5, "changed": 1},
        "Models": {"shop.Order": 1},
        "Addresses": {"10.0.0.0": 3, "10.0.0.1": 3},
        "Names": {"Anna": 5, "Anna Married": 1},
    }


def test_the_page_tells_when_the_actor_was_seen(web: Client, week: None) -> None:
    context = web.get(URL).context
    assert (context["first"].timestamp.day, context["last"].timestamp.day) == (22, 26)
    assert sum(bar.count for bar in context["chart"].bars) == 6


def test_each_count_leads_to_its_events(web: Client, week: None) -> None:
    for column in web.get(URL).context["columns"]:
        for _, count, url in column.values:
            assert web.get(url).context["found"].sheet.total == count


def test_an_actor_without_an_id_is_known_by_name(web: Client, put: Put) -> None:
    put(suid=None, user="cron & co")
    url = "/audit/actor/~/"
    assert "cron &amp; co" in text(web, url, name="cron & co")
    assert web.get(url).status_code == 404


def test_pages_hold_each_event_once(web: Client, put: Put) -> None:
    ids = [put(ts=NOON + n) for n in range(120)]
    seen, answer = [], web.get(URL)
    while answer is not None:
        sheet = answer.context["sheet"]
        seen += [event.id for event in sheet.events]
        answer = web.get(URL, {"cursor": sheet.cursor}) if sheet.cursor else None
    assert seen == ids[::-1]


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_is_harmless(web: Client, put: Put, evil: str) -> None:
    put(user=evil, event_code=evil, ip=evil, object_type=evil, verbose=evil, log=evil, level=evil)
    page = text(web)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert not set("\u202e\0\x1b") & set(page)
    assert web.get("/audit/actor/~/", {"name": evil}).status_code == 200


def test_an_unknown_actor_is_not_found(web: Client, week: None) -> None:
    assert web.get("/audit/actor/14/").status_code == 404
    assert web.get("/audit/actor/~/", {"name": "nobody"}).status_code == 404


def test_a_tenant_sees_its_own_events_of_a_shared_actor(tenants: tuple[Client, Client], put: Put) -> None:
    put(log="south", ip="10.9.9.9", user="Anna of south", ts=NOON - DAY)
    page = text(tenants[0])
    assert "only of north" in page
    assert "south" not in page
    assert "10.9.9.9" not in page
    assert counts(tenants[0])["Actions"] == {"changed": 1}


def test_who_may_not_look_sees_nothing(client: Client, person: Callable[..., Any], week: None) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(person("stranger"))
    assert client.get(URL).status_code == 403


def test_the_store_is_asked_ten_times_however_many_events_there_are(web: Client, put: Put, searches: list[str]) -> None:
    for n in range(120):
        put(ts=NOON + n * DAY, ip=f"10.0.0.{n}")
    text(web)
    assert Counter(searches) == {"search": 5, "facets": 4, "histogram": 1}
