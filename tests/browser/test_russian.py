"""The pages in Russian: longer words, other plurals."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.addresses import PAGES
from tests.browser.conftest import PHONE, NewPage


@pytest.mark.parametrize("name", ["search", "found", "object", "compared", "actor", "export"])
def test_a_phone_shows_a_russian_page_without_scrolling_sideways(open_page: NewPage, name: str) -> None:
    page = open_page(PAGES[name], locale="ru-RU", viewport=PHONE)
    assert page.get_attribute("html", "lang") == "ru"
    assert page.title().endswith("Журнал аудита")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_events_are_told_and_counted_in_russian(open_page: NewPage) -> None:
    page = open_page("/audit/?q=to.status:paid", locale="ru-RU")
    expect(page.locator(".said strong")).to_have_text("1 событие")
    expect(page.locator(".line .text")).to_have_text("kate изменил(а) Order 1: status")
