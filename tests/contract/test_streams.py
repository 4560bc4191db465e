"""What the web makes of a store's hits: files fetched ahead, tails, and lines, alike on each store."""

from __future__ import annotations

import re
from datetime import UTC
from unittest.mock import patch

import pytest

from auditsearch.logs import kofa
from auditsearch.query.regex import Pattern
from auditsearch.web import ahead
from auditsearch.web.loglines import LogLines
from auditsearch.web.seen import Seen
from tests.contract.shelf import Shelf
from tests.factories import NOON

SECOND = 1_000_000
SENTENCES = [
    "Test edited: roles",
    "PHY101 added",
    "физика PHY102 добавлена",
    "a" * 300 + "PHY103" + "b" * 300,
    None,
    "-",
    "PHY*",
]
PATTERNS = [
    r"PHY\d+",
    r"PHY\*",
    r"\bPHY",
    "физика",
    "adm",
    " - Test",
    r"\d{3}\b",
    "edited|added",
    "^2026.*roles$",
    "ab",
    "zope",
]


@pytest.mark.parametrize("most", [5, 1000])
def test_a_file_fetched_ahead_is_the_answer_in_its_order(shelf: Shelf, most: int) -> None:
    shelf.put(*({"timestamp": NOON - n * n * 7 * SECOND} for n in range(40)))
    with patch.object(ahead, "STRETCH", 3), patch.object(type(shelf.backend), "embedded", False):
        found = list(ahead.hits(shelf.events, most, 2))
    assert found == list(shelf.events[:most].hits())


def test_a_tail_sees_each_event_once_however_late_it_comes(shelf: Shelf) -> None:
    now = NOON + 300 * SECOND
    seen = Seen(0, {}).since(NOON)
    for late in (0, 200, 1, 298, 0, 0):
        shelf.put({"timestamp": now - late * SECOND}, {"timestamp": now - late * SECOND - 1})
        new = list(seen.news(shelf.events, now))
        assert seen.waiting(shelf.events, now) == len(new) == 2
        seen = Seen.opened(seen.with_hits(new).signed("of"), "of")
    assert seen.waiting(shelf.events, now) == 0


@pytest.mark.parametrize("folds", [False, True])
def test_a_pattern_finds_the_lines_that_python_finds(shelf: Shelf, folds: bool) -> None:
    shelf.put(*({"verbose": text, "user": user} for text in SENTENCES for user in ("admin", None)))
    lines = [kofa.line(event, UTC) for event in shelf.events]
    for source in PATTERNS:
        found = list(LogLines.of(shelf.events, Pattern(source, folds=folds), UTC).hits())
        assert len(found) == sum(bool(re.search(source, line, re.IGNORECASE if folds else 0)) for line in lines), source
