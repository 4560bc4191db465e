"""The page of one event."""

from typing import Any

import pytest
from django.test import Client

from auditsearch.event import Event
from auditsearch.search import Events
from auditsearch.web import event as pages
from tests.factories import NOON
from tests.web.conftest import Put

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\u202egnp.exe",
    "a\0b",
    "{{ 7|add:7 }}{% now %}",
    "</textarea></pre><b>",
    "e\u0301" * 50,
    "\x1b[31mred",
]


def text(client: Client, key: str) -> str:
    """The page of an event."""
    answer = client.get(f"/audit/event/{key}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_tells_the_envelope_and_links_object_request_and_actor(web: Client, put: Put) -> None:
    page = text(web, put(request_token="t-1", ip="10.0.0.7", log="students", context={"reason": "phone call"}))
    for part in ("Anna", "10.0.0.7", "students", "phone call", "changed"):
        assert part in page
    for url in ("/audit/object/shop.Order/7/", "/audit/request/t-1/", "/audit/actor/12/"):
        assert f'href="{url}"' in page


def test_changed_words_are_marked_on_both_sides(web: Client, put: Put) -> None:
    page = text(web, put(context={"diff": {"number": ["a red tea", "a blue tea"]}}))
    assert "a <del>red</del> tea" in page
    assert "a <ins>blue</ins> tea" in page


def test_choices_and_foreign_keys_are_labelled_beside_their_values(web: Client, put: Put) -> None:
    page = text(web, put(context={"labels": {"customer_id": "Пётр"}}, snapshot={"customer_id": 5, "status": "paid"}))
    assert '<a class="value" href="/audit/object/shop.Customer/5/">5</a> <span class="said">Пётр</span>' in page
    assert '<span class="value">paid</span> <span class="said">Paid</span>' in page


def test_nested_values_are_folded(web: Client, put: Put) -> None:
    page = text(web, put(context={"box": {"a": {"b": [1, {"c": "deep"}]}}}))
    assert page.count("<details") == page.count("</details>")
    assert "deep" in page


def test_the_other_events_of_request_object_and_actor_are_linked(web: Client, put: Put) -> None:
    here = put(request_token="t")
    others = {
        "request": put(request_token="t", object_id="8", suid="13", user="Пётр"),
        "object": put(suid="13", ts=NOON - 5),
        "actor": put(object_id="8", ts=NOON + 5),
    }
    page = text(web, here)
    for key in others.values():
        assert f'href="/audit/event/{key}/"' in page


def test_events_around_are_those_before_and_after(put: Put) -> None:
    ids = [put(ts=NOON + n) for n in range(20)]
    events = Events()
    middle = events.filter(id=ids[10]).first()
    assert middle is not None
    found = pages.around(middle, events)
    assert [each.id for each in found.after] == ids[15:10:-1]
    assert [each.id for each in found.before] == ids[9:4:-1]


def test_leaf_and_canonical_text_can_be_copied_exactly(web: Client, put: Put) -> None:
    key = put(object_label="\u202e<&", verbose=None)
    found = Events().filter(id=key).first()
    assert found is not None
    page = text(web, key)
    assert found.leaf in page
    assert '"object_label":"\u202e<&"'.replace("<&", "&lt;&amp;").replace('"', "&quot;") in page
    assert page.count("\u202e") == 1


@pytest.mark.parametrize("flag", ["clipped", "degraded", "truncated"])
def test_what_the_store_could_not_take_is_told(flag: str, put: Put) -> None:
    event = Events().filter(id=put()).first()
    assert event is not None
    flagged = Event.from_canonical(event.canonical, frozenset([flag]))
    assert pages.told(flagged)["flags"] == [pages.FLAGS[flag]]


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("place", ["verbose", "object_label", "user", "object_id", "suid", "request_token", "log"])
def test_hostile_text_in_the_envelope_is_harmless(web: Client, put: Put, evil: str, place: str) -> None:
    harmless(text(web, put(**{place: evil})), evil)


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_text_in_values_and_keys_is_harmless(web: Client, put: Put, evil: str) -> None:
    values: dict[str, Any] = {"key": evil, evil: 1, "list": [evil, {evil: {evil: evil}}]}
    page = text(web, put(context={"diff": {"number": [evil, "x"], evil: [1, 2]}, **values}, snapshot=values))
    harmless(page, evil)


def harmless(page: str, evil: str) -> None:
    """Neither markup nor a sign that can't be seen, but in the exact text that is hidden."""
    shown = page[: page.index('<textarea id="canonical"')] + page[page.index("</textarea>") :]
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert page.count("<textarea") == page.count("</textarea>") == 1
    assert not set("\u202e\0\x1b") & set(shown)
    assert "7|add:7" not in evil or "{{ 7|add:7 }}" in shown


def test_a_text_of_40_kilobytes_is_cut_and_it_is_said(web: Client, put: Put) -> None:
    page = text(
        web, put(verbose="x" * 40_000, context={"long": "я" * 40_000}, object_id="k" * 40_000, snapshot={"a": 1})
    )
    assert "38000 characters more" in page or "38,000 characters more" in page


def test_ten_thousand_keys_are_cut_and_it_is_said(web: Client, put: Put) -> None:
    page = text(web, put(context={f"k{n}": n for n in range(10_000)}))
    assert "all of it stands in the canonical text" in page
    assert page.count('class="key"') < 1100


def test_the_deepest_event_has_a_page(web: Client, put: Put) -> None:
    deep: Any = "ground"
    for _ in range(1100):
        deep = {"d": deep}
    page = text(web, put(context=deep))
    assert page.count("<details") == page.count("</details>") < 60


def test_an_event_with_nothing_but_its_time_has_a_page(web: Client, put: Put) -> None:
    nothing = dict.fromkeys(
        (
            "event_code",
            "event_type",
            "system_type",
            "object_type",
            "object_id",
            "object_label",
            "suid",
            "user",
            "log",
            "level",
        )
    )
    assert "nobody" in text(web, put(**nothing))


@pytest.mark.parametrize("key", ["nothing", "~", "~!!", "%00", "019342aa-0000-7000-8000-000000000000", "x" * 900])
def test_an_unknown_id_is_not_found(web: Client, key: str) -> None:
    answer = web.get(f"/audit/event/{key}/")
    assert answer.status_code == 404
    assert answer["Content-Security-Policy"]


def test_the_event_of_another_tenant_is_not_found_as_one_that_is_nobodys(tenants: tuple[Client, Client]) -> None:
    ids = {event.log: event.id for event in Events()}
    north, _south = tenants
    assert "only of north" in text(north, ids["north"])
    answers = [north.get(f"/audit/event/{key}/") for key in (ids["south"], "nobodys")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_events_around_are_those_of_the_tenant(tenants: tuple[Client, Client]) -> None:
    ids = {event.log: event.id for event in Events()}
    page = text(tenants[0], ids["north"])
    assert "south" not in page
    assert ids["south"] not in page


def test_who_may_not_look_sees_nothing(client: Client, person: Any, put: Put) -> None:
    key = put(verbose="secret sentence")
    assert client.get(f"/audit/event/{key}/").status_code == 302
    client.force_login(person("stranger"))
    answer = client.get(f"/audit/event/{key}/")
    assert answer.status_code == 403
    assert b"secret sentence" not in answer.content


def test_a_page_asks_the_store_six_times_however_many_events_there_are(
    web: Client, put: Put, searches: list[str]
) -> None:
    ids = [put(request_token="t", ts=NOON + n) for n in range(60)]
    text(web, ids[30])
    assert searches == ["search"] * 6
