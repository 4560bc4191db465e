"""The search page as people use it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage


def search(page: Page, text: str) -> None:
    """Ask by the box."""
    page.fill("#q", text)
    page.press("#q", "Enter")
    page.wait_for_url(re.compile(r"q="))


def asked(page: Page) -> dict[str, list[str]]:
    """What the address asks."""
    return parse_qs(urlsplit(page.url).query)


def total(page: Page) -> int:
    """How many events the page says there are."""
    return int(re.sub(r"\D", "", page.inner_text(".said strong")))


def test_words_are_found_and_marked(audit: Page) -> None:
    search(audit, "передумал object_type:shop.Order")
    expect(audit.locator(".line")).to_have_count(1)
    expect(audit.locator(".line mark").first).to_have_text("передумал")
    assert asked(audit) == {"q": ["передумал object_type:shop.Order"]}


def test_a_wrong_question_is_marked_where_it_is_wrong(audit: Page) -> None:
    search(audit, "anna usr:kate")
    expect(audit.locator("#problem mark")).to_contain_text("usr")
    expect(audit.locator("#q")).to_have_attribute("aria-invalid", "true")
    expect(audit.locator("#q")).to_have_value("anna usr:kate")


def test_a_bar_leads_into_its_stretch_of_time_and_back(open_page: NewPage) -> None:
    page = open_page("/audit/?q=price&since=20+days")
    before = total(page)
    bars = page.locator(".chart .bar:has(.some)")
    assert bars.count() > 3
    bars.nth(1).click()
    page.wait_for_url(re.compile("until="))
    assert 0 < total(page) < before
    page.click(".chart .ways a:nth-of-type(3)")
    page.wait_for_url(lambda url: "until=" not in url)
    assert total(page) >= before


def test_arrows_go_along_the_bars(open_page: NewPage) -> None:
    page = open_page("/audit/?q=price&since=20+days")
    page.focus(".chart .bar")
    page.keyboard.press("ArrowRight")
    label = page.locator(".chart .bar:focus").get_attribute("aria-label")
    assert label == page.locator(".chart .bar").nth(1).get_attribute("aria-label")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("until="))


def test_a_question_is_completed_by_keys_alone(audit: Page) -> None:
    expect(audit.locator("#q")).to_be_focused()
    audit.keyboard.type("us")
    expect(audit.get_by_role("option").first).to_be_visible()
    choose(audit, "user:")
    expect(audit.locator("#q")).to_have_value("user:")
    audit.keyboard.type("ka")
    expect(audit.get_by_role("option", name="kate")).to_be_visible()
    choose(audit, "kate")
    audit.keyboard.press("Enter")
    audit.wait_for_url(re.compile("q=user"))
    assert asked(audit)["q"] == ["user:kate"]


def choose(page: Page, text: str) -> None:
    """Go down the list to an entry that ends so, and take it."""
    for _ in range(20):
        page.keyboard.press("ArrowDown")
        if page.inner_text("[role=option][aria-selected=true]").strip().endswith(text):
            break
    page.keyboard.press("Enter")


def test_escape_closes_the_list_and_leaves_what_was_typed(audit: Page) -> None:
    audit.fill("#q", "us")
    expect(audit.get_by_role("listbox")).to_be_visible()
    audit.press("#q", "Escape")
    expect(audit.get_by_role("listbox")).to_be_hidden()
    expect(audit.locator("#q")).to_have_value("us")


def test_a_facet_narrows_the_question_and_lets_it_go(audit: Page) -> None:
    before = total(audit)
    audit.locator("[aria-labelledby=facet-user] a.add", has_text="kate").click()
    expect(audit.locator(".chips li")).to_have_count(1)
    assert 0 < total(audit) < before
    audit.click(".chips a")
    expect(audit.locator(".chips li")).to_have_count(0)
    assert total(audit) >= before


def test_keys_go_through_the_lines_and_open_one(audit: Page) -> None:
    audit.locator("h2").first.click()
    audit.keyboard.press("j")
    audit.keyboard.press("j")
    audit.keyboard.press("k")
    address = audit.locator(".lines .text").first.get_attribute("href")
    audit.keyboard.press("Enter")
    audit.wait_for_url(f"**{address}")


def test_pages_follow_each_other(open_page: NewPage) -> None:
    page = open_page("/audit/?f.object_type=shop.Product")
    first = page.locator(".line").first.get_attribute("data-id")
    page.locator("h2").first.click()
    page.keyboard.press("n")
    page.wait_for_url(re.compile("cursor="))
    assert first not in page.locator(".line").evaluate_all("lines => lines.map(line => line.dataset.id)")
    page.go_back()
    expect(page.locator(".line").first).to_have_attribute("data-id", first or "")


def test_a_stroke_leads_to_the_box_and_a_question_mark_to_the_help(audit: Page) -> None:
    audit.locator("h2").first.click()
    audit.keyboard.press("?")
    expect(audit.locator("#help .panel")).to_be_visible()
    audit.keyboard.press("Escape")
    expect(audit.locator("#help .panel")).to_be_hidden()
    audit.keyboard.press("/")
    expect(audit.locator("#q")).to_be_focused()


def test_a_search_is_saved_opened_and_deleted(audit: Page) -> None:
    search(audit, "user:kate")
    audit.click(".keep summary")
    audit.fill(".keep [name=name]", "What kate does")
    audit.click(".keep button")
    audit.goto("/audit/saved/")
    audit.get_by_role("link", name="What kate does").click()
    assert asked(audit)["q"] == ["user:kate"]
    audit.goto("/audit/saved/")
    audit.get_by_role("button", name="Delete").click()
    expect(audit.get_by_role("link", name="What kate does")).to_have_count(0)


def test_dark_and_light_are_chosen_and_kept(open_page: NewPage) -> None:
    page = open_page("/audit/", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click("[data-theme-toggle]")
    page.reload()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert dark != light


def test_the_page_works_without_scripts(open_page: NewPage) -> None:
    page = open_page("/audit/", java_script_enabled=False)
    page.fill("#q", "передумал object_type:shop.Order")
    page.click("#ask button")
    expect(page.locator(".line")).to_have_count(1)
