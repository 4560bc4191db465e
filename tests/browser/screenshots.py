"""`make screenshots`: the pages as docs/ shows them, in light and dark, of the example's own day."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from example.day import PASSWORD
from tests.browser.addresses import CANCELLED
from tests.browser.conftest import FLAGS, ROOT, executable

FOLDER = ROOT / "docs" / "images"
SIZE = {"width": 1180, "height": 760}
PICTURES = {
    "search": "/audit/?q=price&f.object_type=shop.Product",
    "event": CANCELLED,
    "object": "/audit/object/shop.Order/1/",
}
"""Name -> page; of `event` the first line is opened."""


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        for scheme in ("light", "dark"):
            context = browser.new_context(
                base_url=address, viewport=SIZE, color_scheme=scheme, locale="en-GB", timezone_id="UTC"
            )
            page = context.new_page()
            sign_in(page)
            for name, path in PICTURES.items():
                picture(page, name, path, FOLDER / f"{name}-{scheme}.png")
            context.close()
        browser.close()


@contextmanager
def site() -> Iterator[str]:
    """The example's site in a process of its own; yields its address."""
    with tempfile.TemporaryDirectory(prefix="auditsearch-") as folder:
        command = [sys.executable, "-m", "tests.browser.site", folder]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            yield process.stdout.readline().strip()
            process.stdin.close()


def sign_in(page: Page) -> None:
    """Sign in as anna."""
    page.goto("/login/?next=/audit/")
    page.fill("[name=username]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.click("form button")
    page.wait_for_url("**/audit/")


def picture(page: Page, name: str, path: str, file: Path) -> None:
    """Write one picture."""
    page.goto(path)
    if name == "event":
        page.locator(".lines .text").first.click()
        page.wait_for_url("**/event/**")
    page.screenshot(path=file)
    print(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
