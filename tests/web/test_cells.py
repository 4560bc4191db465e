"""Cells of a spreadsheet: none is a formula, none hides anything."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from auditsearch.backends.base import Hit
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.web.cells import COLUMNS, Sheet, cell
from auditsearch.web.show import visible
from tests.factories import canonical

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "−1",
    "  =1",
    "\u00a0=1",
]


def written(names: tuple[str, ...], **changes: Any) -> list[str]:
    """The one row of an event, as a program reads it."""
    sheet = Sheet(names)
    text = (sheet.head() + sheet.rows([Hit(canonical(**changes), ())])).decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert head == list(names)
    return row


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    assert written(("verbose",), verbose=text) == [f"'{text}"]


@pytest.mark.parametrize("text", ["\u200b=1", "\ufeff=1", "\x00=1", "\x1b=1", "\u202e=1"])
def test_what_is_not_seen_is_an_escape_in_front_of_no_formula(text: str) -> None:
    assert cell(text).startswith("\\")


@pytest.mark.parametrize("text", ["plain", "O'Hara", 'with "quotes", and commas', "two\r\nlines", "Анна", "a=b", ""])
def test_other_texts_stay_what_they_are(text: str) -> None:
    assert written(("verbose", "user"), verbose=f"x{text}", user="Anna") == [f"x{text}", "Anna"]


def test_each_character_is_shown_in_a_cell_as_on_the_page() -> None:
    for code in (*range(0x3200), 0xFE00, 0xFEFF, 0x1F600, 0xE0001):
        assert cell(f"x{chr(code)}")[1:] == visible(chr(code), keep="\t\r\n")


def test_every_cell_stands_in_quotes() -> None:
    assert Sheet(("level", "ip", "id")).rows([Hit(canonical(id="x"), ())]) == b'"INFO","","x"\r\n'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (2**53 + 1, "9007199254740993"),
        (Decimal("1.10"), "1.10"),
        (-5, "'-5"),
        ({"b": [1, None], "a": "ж"}, '{"a":"ж","b":[1,null]}'),
        (datetime(2026, 11, 22, 12, tzinfo=UTC), "2026-11-22T12:00:00.000000Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_each_kind_of_value_has_one_form(value: Any, text: str) -> None:
    assert cell(value) == text


def test_the_quick_way_and_the_careful_one_write_the_same() -> None:
    quick, careful = (written(names, id="x") for names in (COLUMNS, (*COLUMNS, "_context__nothing")))
    assert careful == [*quick, ""]


def test_keys_and_changes_are_columns_too() -> None:
    diff = {"status": ["new", "paid"], "tags": {"added": ["=1"], "removed": []}}
    names = ("_snapshot__amount", "_changed", "_to__status", "_to__tags", "context_data")
    row = written(names, context={"diff": diff}, snapshot={"amount": 2**53 + 1})
    assert row[:4] == ["9007199254740993", '["status","tags"]', "paid", '["=1"]']


def test_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownField, match="verbose"):
        Sheet(["verbos"])
    with pytest.raises(QueryError, match="at most 50"):
        Sheet(["id"] * 51)
