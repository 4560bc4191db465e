"""The search page as a whole: what it answers, how it leads on, and that nothing that is typed or stored is markup."""

import re
from html import unescape
from unittest.mock import patch

import pytest
from django.test import Client, override_settings

from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import PartialAnswer
from auditsearch.web import search
from auditsearch.web.facets import titles
from tests.factories import NOON
from tests.settings import AUDITSEARCH
from tests.web.conftest import Person, Put

PAGE = "/audit/"


def text_of(client: Client, status: int = 200, **asked: object) -> str:
    """The page's text."""
    answer = client.get(PAGE, asked)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return str(answer.content.decode())


def links(text: str, rel: str) -> list[str]:
    """The addresses of this relation."""
    return [unescape(url) for url in re.findall(rf'rel="{rel}" href="([^"]+)"', text)]


def test_the_answer_is_told_as_a_sentence_with_its_number(web: Client, put: Put) -> None:
    put(verbose="late", user="Anna")
    text = text_of(web, q="user:Anna late")
    assert "<strong>1 event</strong>" in text
    assert "Events where the user is “Anna” and “late” stands anywhere" in text


def test_pages_lead_through_all_events_and_each_is_there_once(web: Client, put: Put) -> None:
    ids = {put(ts=NOON - number) for number in range(12)}
    text, seen = text_of(web, size=5, since="900 weeks"), []
    while True:
        seen += re.findall(r'data-id="([^"]+)"', text)
        following = [url for url in links(text, "next") if "cursor" in url]
        if not following:
            break
        text = web.get(following[0]).content.decode()
    assert len(seen) == 12
    assert set(seen) == ids


def test_a_cursor_of_somebody_else_is_refused(web: Client, person: Person, put: Put) -> None:
    for number in range(3):
        put(ts=NOON + number)
    (url,) = [url for url in links(text_of(web, size=2), "next") if "cursor" in url]
    other = Client()
    other.force_login(person("other", "view"))
    answer = other.get(url)
    assert answer.status_code == 400
    assert "begin with the first page" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"q": "user:("}, "a parenthesis at their end"),
        ({"size": "201"}, "a whole number from 1 to 200"),
        ({"size": "0"}, "a whole number from 1 to 200"),
        ({"cursor": "forged"}, "This cursor is none of ours"),
        ({"since": "soon"}, "says no moment"),
        ({"sort": "nonsense"}, "be ordered by"),
        ({"f.password": "x"}, "be counted by"),
        ({"q": "x" * 1025}, "at most 1024 bytes"),
    ],
)
def test_a_wrong_question_is_answered_on_the_page_with_what_to_change(
    web: Client, asked: dict[str, str], sentence: str
) -> None:
    text = text_of(web, 400, **asked)
    assert sentence in text
    assert 'id="q"' in text


def test_the_fault_is_marked_where_it_stands(web: Client) -> None:
    text = text_of(web, 400, q='late <b> "paid')
    assert '<code class="place">late &lt;b&gt; <mark>&quot;paid</mark></code>' in text
    assert 'aria-invalid="true"' in text


def test_a_wrong_interval_leaves_the_answer_and_says_why_there_is_no_chart(web: Client, put: Put) -> None:
    put()
    text = text_of(web, interval="second")
    assert "There is no interval &#x27;second&#x27;" in text
    assert 'class="line"' in text


def test_a_part_that_can_not_be_counted_is_told_and_the_rest_is_shown(web: Client, put: Put) -> None:
    put(verbose="late")
    with patch.object(MemoryBackend, "facets", side_effect=PartialAnswer("1 of 3 shards did not answer.")):
        text = text_of(web)
    assert "1 of 3 shards did not answer." in text
    assert "late" in text


def test_a_question_that_looks_at_many_events_shows_how_far_it_came(
    web: Client, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LOOKED", 3)
    for number in range(5):
        put(verbose=f"line {number}")
    text = text_of(web, q='verbose~"\\\\bline\\\\b"', size=2)
    assert "of 5 possible events" in text
    assert "nothing is counted beside it" in text


def test_more_than_so_many_are_not_counted(web: Client, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditsearch.backends.memory.TOTAL", 2)
    for _ in range(3):
        put()
    assert "<strong>2 events or more</strong>" in text_of(web)


def test_no_event_is_told_with_a_way_to_a_wider_question(web: Client, put: Put) -> None:
    put(verbose="late")
    text = text_of(web, **{"q": "late", "since": "2999-01-01", "f.user": "Anna"})
    assert "No event answers this question" in text
    assert 'href="/audit/?q=late"' in text


HOSTILE = [
    '"><script>alert(1)</script>',
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "{{ 7|add:7 }}{% load x %}",
    "\u202egnp.exe\u200b\x1b[31m",
    "' OR 1=1 --",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_typed_is_markup(web: Client, put: Put, text: str) -> None:
    put()
    for name in ("q", "log", "since", "sort", "interval", "cursor", "f.user", "x.log", "all", "f." + text):
        page = web.get(PAGE, {name: text}).content.decode()
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "14{%" not in page


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_stored_is_markup(web: Client, put: Put, text: str) -> None:
    names = ("verbose", "user", "object_label", "object_id", "object_type", "log", "level", "event_code", "suid")
    put(**dict.fromkeys(names, text), context_data={text: text, "diff": {text: [text, {text: [text]}]}})
    page = text_of(web, q="alert OR gnp OR load OR 1")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page
    assert not {"\u202e", "\u200b", "\x1b"} & set(re.sub(r'(?:href|value)="[^"]*"', "", page))


def test_no_page_has_a_script_or_a_style_in_it(web: Client, put: Put) -> None:
    put()
    for page in (text_of(web), text_of(web, 400, q="("), web.get("/audit/saved/").content.decode()):
        assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", page) == []


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ('"x', "")]
)
def test_the_theme_is_what_the_cookie_says_if_it_is_one(web: Client, cookie: str, theme: str) -> None:
    web.cookies["auditsearch_theme"] = cookie
    assert f'<html lang="en"{theme}>' in text_of(web)


def test_export_is_offered_to_whom_it_is_permitted(web: Client, tenants: tuple[Client, Client]) -> None:
    assert 'href="/audit/export/?q=label"' in text_of(tenants[0], q="label")
    assert "/audit/export/" not in text_of(web)


def test_the_facets_of_a_tenant_count_its_own_events(tenants: tuple[Client, Client]) -> None:
    for client, own, other in zip(tenants, ("north", "south"), ("south", "north"), strict=True):
        text = text_of(client)
        assert f'<span class="value">{own}</span>' in text
        assert other not in text


def test_a_label_of_a_log_is_shown_in_its_stead(web: Client, put: Put) -> None:
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"LOGS": {"main": {"label": "All the rest"}}}):
        put(log="main")
        assert '<span class="">All the rest</span>' in text_of(web)


def test_facets_that_take_too_long_come_after_the_page(web: Client, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put(user="Anna")
    monkeypatch.setattr(search, "SECONDS", -1)
    text = text_of(web, q="Anna")
    assert 'hx-get="/audit/counts/?q=Anna"' in text
    assert "facet-user" not in text
    assert "facet-user" in web.get("/audit/counts/?q=Anna").content.decode()
    assert "facet-user" in text_of(web, q="Anna", all="*")
    monkeypatch.setattr(search, "PATIENCE", -1)
    assert "not counted" in web.get("/audit/counts/?q=Anna").content.decode()


def test_a_page_asks_the_store_once_for_each_thing_that_it_shows(web: Client, put: Put, searches: list[str]) -> None:
    for number in range(3):
        put(ts=NOON + number)
    text_of(web)
    assert sorted(set(searches)) == ["facets", "histogram", "search"]
    assert [searches.count(name) for name in ("search", "histogram", "facets")] == [1, 1, len(titles())]
