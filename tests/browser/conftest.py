"""A browser, the site, and pages that are watched: whatever the browser complains of fails the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from example.day import PASSWORD
from tests.browser.watch import Watch

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
PHONE = {"width": 360, "height": 740}

expect.set_options(timeout=60_000)

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test of this folder needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the example's site, filled, in a process of its own."""
    command = [sys.executable, "-m", "tests.browser.site", str(tmp_path_factory.mktemp("site"))]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        address = process.stdout.readline().strip()
        assert address.startswith("http"), "the site did not start; it says why above"
        yield address
        process.stdin.close()
        process.wait(300)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browser. Its event loop runs in this thread, so it ends before other tests ask the database."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
    yield browser
    browser.close()


def executable() -> str:
    """Where Chromium is."""
    import shutil

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is missing (on Debian: apt install chromium)"
    return found


@pytest.fixture(scope="package")
def cookies(chromium: Browser, site: str) -> Callable[[str], dict[str, object]]:
    """Gives the state of a browser in which somebody has signed in."""
    known: dict[str, dict[str, object]] = {}

    def signed_in(name: str) -> dict[str, object]:
        if name not in known:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(f"{site}/login/?next=/audit/")
            page.fill("[name=username]", name)
            page.fill("[name=password]", PASSWORD)
            page.click("button[type=submit], form button")
            page.wait_for_url("**/audit/")
            known[name] = dict(context.storage_state())
            context.close()
        return known[name]

    return signed_in


class Opener:
    """Opens a path as anna, or as somebody else, in a browser of its own; watched."""

    def __init__(self, chromium: Browser, site: str, cookies: Callable[[str], dict[str, object]]) -> None:
        self.chromium, self.site, self.cookies = chromium, site, cookies
        self.watch = Watch(site)
        self.pages: list[Page] = []

    def __call__(self, path: str, user: str = "anna", **options: object) -> Page:
        """A new page; `options` are those of Playwright's contexts."""
        given = {"locale": "en-GB", "timezone_id": "UTC", "storage_state": self.cookies(user)} | options
        page = self.chromium.new_context(base_url=self.site, **given).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(60_000)
        self.pages.append(page)
        self.watch.over(page)
        page.goto(path)
        return page

    def close(self) -> None:
        """Close all, and fail if anything was complained of."""
        for page in self.pages:
            page.context.close()
        assert self.watch.complaints == []


@pytest.fixture
def open_page(chromium: Browser, site: str, cookies: Callable[[str], dict[str, object]]) -> Iterator[NewPage]:
    """What opens pages for one test."""
    opener = Opener(chromium, site, cookies)
    yield opener
    opener.close()


@pytest.fixture(scope="module")
def open_shared(chromium: Browser, site: str, cookies: Callable[[str], dict[str, object]]) -> Iterator[NewPage]:
    """What opens pages for several tests of a file."""
    opener = Opener(chromium, site, cookies)
    yield opener
    opener.close()


@pytest.fixture
def audit(open_page: NewPage) -> Page:
    """The search page."""
    return open_page("/audit/")
