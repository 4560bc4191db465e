"""Hostile texts in every place of an event stay text, and those that hide are seen."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Page

from tests.browser.conftest import NewPage
from tests.browser.hostile import HIDDEN, SCRIPTS

BIDI = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]")


def addresses(page: Page) -> list[str]:
    """The events on the page, and the objects and actors that some of them lead to."""
    events = page.locator(".line a.text").evaluate_all(HREFS)
    others = page.locator(".line .where a").evaluate_all(HREFS)
    return [*events, *list(dict.fromkeys(others))[:12]]


HREFS = "links => links.map(link => link.getAttribute('href'))"


def alive(page: Page) -> list[str]:
    """Elements that a text of an event has made: none of ours has such names or such attributes."""
    script = """() => [...document.querySelectorAll("*")].filter(one =>
        ["IFRAME", "IMG", "OBJECT", "EMBED", "STYLE", "BASE"].includes(one.tagName)
        || (one.tagName === "META" && one.httpEquiv) || (one.tagName === "SCRIPT" && !one.src)
        || [...one.attributes].some(({name}) => name.startsWith("on") || name === "style")
        || /^\\s*(javascript|data|https?):/i.test(one.getAttribute("href") || "")
    ).map(one => one.outerHTML.slice(0, 200))"""
    return list(page.evaluate(script))


def check(page: Page) -> None:
    """Nothing lives, and nothing hides."""
    assert alive(page) == []
    assert not BIDI.search(page.inner_text("body"))


def test_lines_show_each_text_as_it_was_written(open_page: NewPage) -> None:
    page = open_page("/audit/?log=hostile&size=100")
    check(page)
    text = page.inner_text(".lines")
    assert [each for each in (*SCRIPTS, *HIDDEN.values()) if each not in text] == []


def test_each_page_of_a_hostile_event_is_harmless(open_page: NewPage) -> None:
    page = open_page("/audit/?log=hostile&size=100")
    found = addresses(page)
    assert len(found) > len(SCRIPTS) + len(HIDDEN)
    for address in found:
        page.goto(address)
        check(page)


def test_a_hostile_question_is_harmless(open_page: NewPage) -> None:
    page = open_page("/audit/")
    for text in [*SCRIPTS, *HIDDEN]:
        page.goto(f"/audit/?{urlencode({'q': text, 'since': text, 'f.user': text})}")
        assert alive(page) == []
