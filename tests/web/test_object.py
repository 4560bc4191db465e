"""The page of one object: its story, its state at any time, two states compared."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from auditsearch.event import from_micros
from auditsearch.search import Events
from auditsearch.testing import ship
from auditsearch.web.difference import Differences
from auditsearch.web.object import items
from tests.capture.conftest import order
from tests.factories import NOON
from tests.shop.models import Line
from tests.web.conftest import Put
from tests.web.test_event import HOSTILE

URL = "/audit/object/shop.Order/7/"
MINUTE = 60_000_000


def iso(ts: int) -> str:
    """A moment as an address says it."""
    return from_micros(ts).isoformat().replace("+00:00", "Z")


@pytest.fixture
def story(put: Put) -> list[str]:
    """An order that is made, paid and deleted, a minute each."""
    new, paid = {"status": "new", "number": "A-1"}, {"status": "paid", "number": "A-1"}
    return [
        put(event_code="insert", snapshot=new, ts=NOON),
        put(snapshot=paid, context={"diff": {"status": ["new", "paid"]}}, ts=NOON + MINUTE),
        put(event_code="delete", snapshot=paid, ts=NOON + 2 * MINUTE),
    ]


def text(client: Client, url: str = URL, **query: str) -> str:
    """A page."""
    answer = client.get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_story_is_told_newest_first_of_what_is_deleted_too(web: Client, story: list[str]) -> None:
    page = text(web)
    places = [page.index(f'href="/audit/event/{key}/"') for key in reversed(story)]
    assert places == sorted(places)
    assert "deleted" in page


def test_children_are_part_of_the_story(web: Client, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PARENTS": {"shop.Line": "order"}}
    made = order()
    Line.objects.create(order=made, text="two samovars").delete()
    ship()
    page = text(web, f"/audit/object/shop.Order/{made.pk}/")
    assert page.count("two samovars") >= 2


def test_pages_hold_each_event_once(web: Client, put: Put) -> None:
    ids = [put(ts=NOON + n, verbose=f"event number {n}.") for n in range(120)]
    seen, answer = [], web.get(URL)
    while answer is not None:
        sheet = answer.context["sheet"]
        seen += [event.id for event in sheet.events]
        answer = web.get(URL, {"cursor": sheet.cursor}) if sheet.cursor else None
    assert seen == ids[::-1]


def test_a_cursor_of_another_object_is_refused(web: Client, put: Put) -> None:
    for n in range(120):
        put(ts=NOON + n, object_id=str(7 + n % 2))
    cursor = web.get(URL).context["sheet"].cursor
    assert web.get(URL, {"cursor": cursor}).status_code == 200
    assert web.get("/audit/object/shop.Order/8/", {"cursor": cursor}).status_code == 400
    assert web.get(URL, {"cursor": "forged"}).status_code == 400


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(-1, "Nothing is known of it"), (0, "New"), (1, "Paid"), (1.9, "Paid"), (2, "It was deleted by then")],
)
def test_its_state_at_any_time(web: Client, story: list[str], minutes: float, said: str) -> None:
    page = text(web, at=iso(NOON + int(minutes * MINUTE)))
    assert said in page[page.index('id="at"') : page.index('id="story"')]


def test_a_time_can_be_said_in_words(web: Client, put: Put) -> None:
    put(snapshot={"status": "new"}, ts=int((now() - timedelta(days=3)).timestamp() * 1_000_000))
    assert "Nothing is known" in text(web, at="4 days")
    assert "Nothing is known" not in text(web, at="2 days")


def test_what_says_no_moment_is_refused(web: Client, story: list[str]) -> None:
    answer = web.get(URL, {"at": "soon"})
    assert answer.status_code == 400
    assert "says no moment" in answer.content.decode()


def test_two_states_stand_side_by_side(web: Client, story: list[str]) -> None:
    page = text(web, left=iso(NOON), right=iso(NOON + MINUTE))
    compared = page[page.index('id="compared"') : page.index('id="story"')]
    assert "<del>new</del>" in compared
    assert "<ins>paid</ins>" in compared
    assert "A-1" not in compared


def test_a_side_that_is_not_said_is_now(web: Client, put: Put) -> None:
    put(snapshot={"status": "new"}, ts=NOON)
    put(snapshot={"status": "paid"}, ts=int(now().timestamp() * 1_000_000) - 5)
    assert "<ins>paid</ins>" in text(web, left=iso(NOON))


def test_equal_states_have_no_difference(web: Client, story: list[str]) -> None:
    assert "There is no difference" in text(web, left=iso(NOON), right=iso(NOON + 1))


def gaps(found: Differences | None) -> list[tuple[str, str, str]]:
    """Key, known and found of each gap."""
    rows = found.rows if found else []
    return [(row.key, row.old.value.text, row.new.value.text) for row in rows if row.old.value and row.new.value]


def test_a_change_that_no_event_tells_of_is_marked(web: Client, put: Put) -> None:
    put(event_code="insert", snapshot={"status": "new", "amount": 1}, ts=NOON)
    put(snapshot={"status": "paid", "amount": 2}, context={"diff": {"status": ["new", "paid"]}}, ts=NOON + 1)
    page = text(web)
    assert "no event tells of" in page
    assert [gaps(item.gaps) for item in web.get(URL).context["items"]] == [[("amount", "1", "2")], []]


def test_a_gap_is_seen_across_pages(put: Put) -> None:
    put(snapshot={"amount": 1}, ts=NOON)
    put(verbose="somebody said something", ts=NOON + 1)
    put(snapshot={"amount": 5}, context={"diff": {"amount": [3, 5]}}, ts=NOON + 2)
    told = list(Events()[:1])
    assert gaps(items("shop.Order", "7", told, Events(), True)[0].gaps) == [("amount", "1", "3")]


def test_a_renamed_model_has_one_story_under_both_names(web: Client, put: Put, settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "RENAMED": {"shop.Purchase": "shop.Order"}}
    put(object_type="shop.Purchase", verbose="the old name")
    put(verbose="the new name")
    for name in ("Purchase", "Order"):
        page = text(web, f"/audit/object/shop.{name}/7/")
        assert "the old name" in page
        assert "the new name" in page


def test_events_without_a_state_have_a_story(web: Client, put: Put) -> None:
    put(object_type="gone.Model", object_id="x", verbose="only said")
    page = text(web, "/audit/object/gone.Model/x/", at="now")
    assert "only said" in page
    assert "Nothing is known of it" in page


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_is_harmless(web: Client, put: Put, evil: str) -> None:
    values = {evil: evil, "number": evil, "data": {evil: [evil]}}
    put(object_label=evil, verbose=evil, snapshot=values, ts=NOON)
    put(
        object_label=evil,
        user=evil,
        snapshot=values | {"number": "x"},
        context={"diff": {"status": [evil, 1]}},
        ts=NOON + 1,
    )
    for query in ({}, {"at": iso(NOON)}, {"left": iso(NOON), "right": iso(NOON + 1)}):
        page = text(web, **query)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<b></" not in page
        assert not set("\u202e\0\x1b") & set(page)


@pytest.mark.parametrize("query", ["at", "left", "right", "cursor"])
def test_hostile_parameters_are_harmless(web: Client, story: list[str], query: str) -> None:
    for evil in [*HOSTILE, "9999-12-31", "0001-01-01", "9" * 5000]:
        answer = web.get(URL, {query: evil})
        assert answer.status_code in (200, 400)
        assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("key", ["a/b", "..", '["a",1]', "Анна", "\u202e", "a\nb", "x" * 500])
def test_any_key_has_its_page(web: Client, put: Put, key: str) -> None:
    url = web.get(f"/audit/event/{put(object_id=key)}/").context["object_events"] is not None
    line = next(
        line for line in web.get(f"/audit/event/{put(object_id=key)}/").context["envelope"] if line.key == "object_id"
    )
    assert url
    assert web.get(line.value.url).status_code == 200


@pytest.mark.parametrize(
    "url", ["/audit/object/shop.Order/8/", "/audit/object/shop.Nothing/7/", "/audit/object/~!/~!/"]
)
def test_an_unknown_object_is_not_found(web: Client, story: list[str], url: str) -> None:
    assert web.get(url).status_code == 404


def test_a_tenant_sees_its_own_part_of_the_story(tenants: tuple[Client, Client], put: Put) -> None:
    page = text(tenants[0])
    assert "only of north" in page
    assert "of south" not in page
    put(log="south", object_id="8")
    answers = [tenants[0].get(f"/audit/object/shop.Order/{key}/") for key in ("8", "9")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_tenant_sees_no_state_that_another_ones_event_tells(tenants: tuple[Client, Client], put: Put) -> None:
    put(log="south", snapshot={"number": "secret of south"}, ts=NOON + 1)
    for query in ({"at": "now"}, {"left": iso(NOON), "right": "now"}):
        assert "secret of south" not in text(tenants[0], **query)


def test_who_may_not_look_sees_nothing(client: Client, person: Callable[..., Any], story: list[str]) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(person("stranger"))
    assert client.get(URL).status_code == 403


@pytest.mark.parametrize(("query", "asked"), [({}, 3), ({"at": "now"}, 4), ({"left": "monday"}, 5)])
def test_the_store_is_asked_as_often_however_long_the_story(
    web: Client, put: Put, searches: list[str], query: dict[str, str], asked: int
) -> None:
    for n in range(120):
        put(ts=NOON + n, snapshot={"amount": n})
    text(web, **query)
    assert searches == ["search"] * asked
