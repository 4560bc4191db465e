"""The watch itself: each thing that must not happen is noticed, by the page's own policy too."""

from __future__ import annotations

import pytest

from tests.browser.conftest import NewPage, Opener

FAULTS = {
    "an error": ("setTimeout(() => { throw new Error('broken') })", "error: broken"),
    "a dialog": ("setTimeout(() => alert(1))", "dialog: 1"),
    "a style in the text": (
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')",
        "Content Security",
    ),
    "a script in the text": (
        "document.body.append(Object.assign(document.createElement('script'), {text: 'alert(1)'}))",
        "Content Security",
    ),
    "a picture from elsewhere": ("new Image().src = 'https://evil.example/'", "Content Security"),
    "a file that is missing": ("fetch('/static/none.css')", "404: "),
}
"""What happens -> the script that lets it happen, and what is noted."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_page_is_noticed(open_page: NewPage, name: str) -> None:
    assert isinstance(open_page, Opener)
    page = open_page("/audit/saved/")
    script, noted = FAULTS[name]
    page.evaluate(f"() => {{ {script} }}")
    page.wait_for_timeout(300)
    complaints, open_page.watch.complaints = open_page.watch.complaints, []
    assert any(noted in complaint for complaint in complaints), complaints
