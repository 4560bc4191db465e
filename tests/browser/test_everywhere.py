"""What is true of each page: whom it can be read by, at which width, and that nothing in it comes to life."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.addresses import CANCELLED, FOLLOWED, PAGES
from tests.browser.conftest import PHONE, NewPage

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text()


@pytest.fixture(scope="module", params=[*PAGES, *FOLLOWED])
def page(request: pytest.FixtureRequest, open_shared: NewPage) -> Page:
    """Each page in turn, in light colours."""
    if request.param in PAGES:
        return open_shared(PAGES[request.param], color_scheme="light")
    page = open_shared(CANCELLED, color_scheme="light")
    page.goto(page.locator(f".line {FOLLOWED[request.param]}").first.get_attribute("href") or "")
    return page


@pytest.fixture(autouse=True)
def as_it_was(page: Page) -> Iterator[None]:
    """What a test changes in the browser is undone."""
    before = page.viewport_size
    yield
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before or {"width": 1280, "height": 720})


def faults(page: Page, **options: object) -> list[str]:
    """What axe finds that is serious or critical."""
    page.evaluate(AXE)
    found = page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"]} | options)[
        "violations"
    ]
    worst = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    return [f"{fault['id']}: {node['html'][:200]}" for fault in worst for node in fault["nodes"]]


def test_axe_finds_no_serious_fault(page: Page) -> None:
    assert faults(page) == []


def test_axe_finds_no_serious_fault_in_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert faults(page, runOnly=["color-contrast"]) == []


def test_a_phone_shows_it_without_scrolling_sideways(page: Page) -> None:
    page.set_viewport_size(PHONE)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], page.evaluate(WIDE)


WIDE = """() => [...document.querySelectorAll("main *, aside *, header *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map(one => one.outerHTML.slice(0, 120))"""


def test_a_page_has_a_title_a_heading_or_box_and_its_language(page: Page) -> None:
    assert page.title().endswith("Audit log")
    assert page.locator("main h1, main #q").count() == 1
    assert page.get_attribute("html", "lang") == "en"
