"""Event, object, request and actor as people look at them."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage


def opened(open_page: NewPage, question: str) -> Page:
    """The page of the newest event that answers a question, by its line."""
    page = open_page(f"/audit/?q={question}")
    page.locator(".lines .text").first.click()
    page.wait_for_url("**/event/**")
    return page


def test_an_event_shows_what_was_and_what_became(open_page: NewPage) -> None:
    page = opened(open_page, "to.status:paid")
    row = page.locator("table.diff tbody tr")
    expect(row.locator("th")).to_have_attribute("title", "status")
    expect(row.locator("del")).to_have_text("new")
    expect(row.locator("ins")).to_have_text("paid")


def test_the_changed_words_of_a_text_are_marked(open_page: NewPage) -> None:
    page = opened(open_page, "changed:note object_type:shop.Order")
    expect(page.locator("table.diff .new .value")).to_have_text("позвонить после 18:00")
    marked = "".join(page.locator("table.diff ins").all_inner_texts())
    assert "позвонить" not in marked
    assert "после" in marked


def test_an_event_leads_to_its_request_object_and_actor(open_page: NewPage) -> None:
    page = opened(open_page, "action:order_cancelled")
    address = page.url
    for heading, path in (("same-request", "request"), ("same-object", "object"), ("same-actor", "actor")):
        page.goto(address)
        page.click(f"#{heading} a")
        page.wait_for_url(f"**/audit/{path}/**")
        expect(page.locator("main h1")).to_be_visible()


def test_two_states_of_an_object_are_compared(open_page: NewPage) -> None:
    page = open_page("/audit/object/shop.Order/1/")
    page.locator(".step [name=left]").last.check()
    page.locator(".step [name=right]").first.check()
    page.click(".story button")
    page.wait_for_url("**left=*")
    expect(page.locator("#compared table.diff tbody th")).to_have_text(["Note", "Status", "Total"])


def test_the_state_of_an_object_at_a_time_is_shown(open_page: NewPage) -> None:
    page = open_page("/audit/object/shop.Order/1/")
    page.fill("[name=at]", "now")
    page.click("form.row >> nth=0 >> button")
    page.wait_for_url("**at=now*")
    expect(page.locator("#at")).to_contain_text("позвонить после 18:00")


def test_the_timeline_of_an_object_has_its_parts(open_page: NewPage) -> None:
    page = open_page("/audit/object/shop.Order/1/")
    expect(page.locator(".story")).to_contain_text("OrderLine 1")


def test_an_actor_by_name_has_a_page(open_page: NewPage) -> None:
    page = open_page("/audit/?q=log:students")
    page.locator(".where a[href*='/actor/']").first.click()
    page.wait_for_url("**/actor/**")
    expect(page.locator(".line, .lines li").first).to_be_visible()


def test_the_canonical_text_is_copied_whole(open_page: NewPage) -> None:
    page = opened(open_page, "to.status:paid")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("[aria-labelledby=evidence] summary")
    page.click("[data-copy=canonical]")
    assert page.evaluate("navigator.clipboard.readText()") == page.input_value("textarea#canonical")


def test_who_may_only_look_is_offered_no_export(open_page: NewPage) -> None:
    page = open_page("/audit/?q=order", user="officer")
    expect(page.locator(".lines")).to_be_visible()
    expect(page.get_by_role("link", name="Export", exact=True)).to_have_count(0)


def test_the_admin_leads_to_the_story_of_an_object(open_page: NewPage) -> None:
    page = open_page("/admin/shop/order/1/change/")
    page.click("a.historylink")
    page.wait_for_url("**/audit/object/shop.Order/1/**")
    expect(page.locator(".story")).to_contain_text("kate changed Order 1: status")
