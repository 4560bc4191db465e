"""meaning.md, Text: folding and words."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.words import SEPARATOR, fold, text_of, words


def lower_one(character: str) -> str:
    """The law in its own words: the lower case where that is one character; İ gives i, ς gives σ."""
    lower = "i" if character == "İ" else character.lower()
    return "σ" if lower == "ς" else lower if len(lower) == 1 else character


def test_folding_is_the_lower_case_of_each_character_where_that_is_one() -> None:
    stable = [chr(n) for n in range(sys.maxunicode + 1) if not 0xD800 <= n < 0xE000]
    stable = [c for c in stable if unicodedata.is_normalized("NFC", c)]
    assert [c for c in stable if fold(c) != lower_one(c)] == []


@given(st.text())
def test_folding_a_text_is_folding_its_characters(text: str) -> None:
    assert fold(text) == "".join(map(lower_one, unicodedata.normalize("NFC", text)))


def test_folding_keeps_sharp_s_and_joins_combining_accents() -> None:
    assert fold("STRASSE Straße") == "strasse straße"
    assert fold("E\u0301") == "é"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("birth_certificate.jpg", ["birth", "certificate", "jpg"]),
        ("app2015_262037", ["app2015", "262037"]),
        ("don't", ["don", "t"]),
        ("12,5", ["12", "5"]),
        ("Ёлка ЁЖ", ["елка", "еж"]),
        ("x" * 70, ["x" * 64]),
        ("-- !", []),
    ],
)
def test_words_are_runs_of_letters_and_digits(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_separator_stands_between_two_strings() -> None:
    assert text_of(["Анна Б", "new"], 100) == (f"анна б {SEPARATOR} new", False)


@given(st.lists(st.text(st.characters(exclude_characters=[SEPARATOR], exclude_categories=["Cs"]))))
def test_ready_words_are_the_words_of_each_string(strings: list[str]) -> None:
    text, cut = text_of(strings, 1_000_000)
    assert not cut
    assert [word for word in text.split(" ") if word not in (SEPARATOR, "")] == [
        word for string in strings for word in words(string)
    ]


def test_words_beyond_the_limit_are_cut_at_a_word() -> None:
    text, cut = text_of(["слово " * 100], 64)
    assert cut
    assert set(text.split(" ")) == {"слово"}
    assert len(text.encode()) <= 64
