"""Live tail, regular expressions and exports as people use them."""

from __future__ import annotations

from urllib.parse import quote

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage


def happen(page: Page, text: str) -> None:
    """Let something happen on the site."""
    assert page.request.get(f"/happen/?text={quote(text)}").ok


def test_new_events_come_by_themselves_and_wait_while_paused(open_page: NewPage) -> None:
    page = open_page("/audit/tail/?q=kettle+log:main")
    happen(page, "The kettle boils")
    expect(page.locator(".line", has_text="The kettle boils")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    happen(page, "The kettle whistles")
    happen(page, "Nothing to see")
    expect(page.get_by_text("1 event waits")).to_be_visible()
    expect(page.locator(".line", has_text="The kettle whistles")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".line", has_text="The kettle whistles")).to_be_visible()
    expect(page.locator(".line", has_text="Nothing to see")).to_have_count(0)


def test_what_comes_while_somebody_looks_is_harmless(open_page: NewPage) -> None:
    page = open_page("/audit/tail/?q=alert")
    happen(page, "<img src=x onerror=alert(1)>\u202e")
    expect(page.locator(".line", has_text="<img src=x onerror=alert(1)>\\u202e")).to_be_visible()
    assert page.locator(".lines img").count() == 0


def test_a_pattern_finds_lines_of_a_log_with_the_match_marked(open_page: NewPage) -> None:
    page = open_page("/audit/regex/")
    page.select_option("[name=log]", "students")
    page.fill("[name=pattern]", "b[0-9]{7}.*CLEARANCE")
    page.fill("[name=since]", "2010-01-01")
    page.check("[name=any_case]")
    page.press("[name=pattern]", "Enter")
    expect(page.locator(".found mark").first).to_contain_text("B1234567")
    expect(page.locator(".found mark").first).to_contain_text("Clearance")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_a_wrong_pattern_is_marked_where_it_is_wrong(open_page: NewPage) -> None:
    page = open_page("/audit/regex/students/?pattern=a%28b")
    expect(page.locator("#problem mark")).to_be_visible()


def test_what_is_on_the_screen_is_saved_as_a_file(open_page: NewPage) -> None:
    page = open_page("/audit/?q=to.status:paid")
    page.get_by_role("link", name="Export").click()
    page.wait_for_url("**/export/**")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert download.value.suggested_filename.endswith(".csv")
    assert len(lines) == 2
    assert "kate changed Order 1: status" in lines[1]
