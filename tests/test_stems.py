"""Stems: what the forms of a word share, in each language of its letters."""

import sys

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from auditsearch import stems
from auditsearch.exceptions import SettingError
from auditsearch.stems import STEM, stems_of, with_stems
from auditsearch.words import SEPARATOR


def speaking(*codes: str) -> override_settings:
    """These languages."""
    return override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": list(codes)})


@pytest.mark.parametrize(
    ("one", "other"), [("отчет", "отчетами"), ("payment", "payments"), ("проверка", "проверки"), ("opened", "opening")]
)
def test_forms_of_a_word_share_a_stem(one: str, other: str) -> None:
    with speaking("ru", "en"):
        assert stems_of(one) == stems_of(other) != ()


def test_a_word_is_stemmed_in_each_language_of_its_letters() -> None:
    with speaking("ru", "en", "de"):
        assert len(stems_of("отчеты")) == 1
        assert len(stems_of("haeuser")) == 2
        assert stems_of("12") == stems_of("a1") == ()


def test_without_languages_nothing_is_added() -> None:
    assert stems_of("payments") == ()
    assert with_stems("two payments") == "two payments"


def test_stems_stand_once_behind_the_words() -> None:
    with speaking("en"):
        assert with_stems("payments payment") == f"payments payment {SEPARATOR} {STEM}payment"


def test_an_unknown_language_is_an_error_that_lists_them() -> None:
    with speaking("xx"), pytest.raises(SettingError, match=r"has 'xx'; it takes de, en"):
        stems_of("word")
    with speaking("xx"):
        assert "auditsearch.E017" in [found.id for found in run_checks()]


def test_missing_stemmers_are_an_error_that_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    stems._stems.cache_clear()
    stems._stemmer.cache_clear()
    with speaking("en"), pytest.raises(SettingError, match="pip install"):
        stems_of("word")
