"""Exports as people take them."""

from __future__ import annotations

from tests.browser.conftest import NewPage


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
