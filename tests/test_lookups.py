"""The table of lookups, and the page that describes it."""

import re

import pytest

from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import FIELDS, ROOTS, WHOLE
from tests.lookup_table import MARKS, PAGE, QUESTIONS, STORED, cell, markdown

TEXT = PAGE.read_text()
ROWS = re.findall(r"^\| (`.+?) \|", TEXT, re.MULTILINE)
NAMED = set(re.findall(r"`(\w+)`", " ".join(ROWS))) | set(re.findall(r"`(_\w+?)__", " ".join(ROWS)))


def test_the_table_in_the_docs_is_what_the_oracle_says() -> None:
    assert markdown() == TEXT.partition(MARKS[0])[2].partition(MARKS[1])[0]


def test_the_table_asks_every_lookup() -> None:
    assert set(QUESTIONS) - {""} == set(LOOKUPS) - {"cidr"}  # which no key of the context has


@pytest.mark.parametrize("lookup", [lookup for lookup in QUESTIONS if lookup != "isnull"])
def test_each_lookup_has_a_hit_a_miss_and_an_error_in_the_table(lookup: str) -> None:
    cells = {cell(lookup, value, stored) for value in QUESTIONS[lookup] for stored in STORED.values()}
    assert cells == {"hit", "no hit", "error"}


@pytest.mark.parametrize("name", [*LOOKUPS, *FIELDS, *ROOTS, *WHOLE])
def test_every_lookup_and_field_is_documented(name: str) -> None:
    assert name in NAMED


@pytest.mark.parametrize("row", LOOKUPS.values(), ids=LOOKUPS)
def test_every_lookup_has_an_english_sentence(row: object) -> None:
    english = row.english.format(field="user", value="x")  # type: ignore[attr-defined]
    assert english.startswith("user ")
    assert "x" in english
