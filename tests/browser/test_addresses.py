"""No page is forgotten by the tests that look at all of them."""

from __future__ import annotations

from django.urls import resolve

from auditsearch.urls import urlpatterns
from tests.browser.addresses import FOLLOWED, PAGES

PARTS = {"complete", "counts", "export_file", "saved_save", "saved_follow", "saved_share", "saved_delete"}
"""Addresses that are no pages of their own."""


def test_each_page_is_looked_at() -> None:
    looked = {resolve(path.partition("?")[0]).url_name for path in PAGES.values()} | FOLLOWED.keys()
    assert looked == {pattern.name for pattern in urlpatterns} - PARTS
