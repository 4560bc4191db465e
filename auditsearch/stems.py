"""Stems: words cut to what their forms share, so that `search` finds "отчёты" by "отчёт" where the settings ask for it.

They are made here by Snowball's algorithms and stand as ready tokens behind an event's words, so every store answers
alike and none needs an analyser of its own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from auditsearch.conf import settings
from auditsearch.exceptions import SettingError
from auditsearch.words import SEPARATOR

STEM = "\ue004"
"""What a stem's token begins with, so that no word is taken for one."""

LANGUAGES = {
    "de": "german", "en": "english", "es": "spanish", "fr": "french", "it": "italian", "nl": "dutch",
    "pt": "portuguese", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
"""Codes that SEARCH_LANGUAGES takes, and Snowball's names."""

_CYRILLIC = range(0x400, 0x530)


def languages() -> tuple[str, ...]:
    """Return the codes of SEARCH_LANGUAGES. Raises SettingError."""
    given = tuple(settings.SEARCH_LANGUAGES)
    if wrong := [code for code in given if code not in LANGUAGES]:
        raise SettingError(f"AUDITSEARCH['SEARCH_LANGUAGES'] has {wrong[0]!r}; it takes {', '.join(LANGUAGES)}.")
    return given


def stems_of(word: str) -> tuple[str, ...]:
    """Return the tokens of a ready word's stems, one for each language of its letters; none without languages."""
    chosen = languages()
    return _stems(word, chosen) if chosen else ()


def with_stems(text: str, chosen: tuple[str, ...] | None = None) -> str:
    """Return ready words with their stems behind them, each once; in `chosen` languages or those of the settings."""
    chosen = languages() if chosen is None else chosen
    if not chosen:
        return text
    found = dict.fromkeys(stem for word in text.split(" ") for stem in _stems(word, chosen))
    return " ".join([text, SEPARATOR, *found]) if found else text


def strange(text: str) -> bool:
    """Whether ready words have stems behind them that are those of no language at all. Raises SettingError."""
    words, behind, stems = text.partition(f" {SEPARATOR} {STEM}")
    known = {stem for word in words.split(" ") for stem in _stems(word, tuple(LANGUAGES))} if behind else set()
    return any(stem not in known for stem in f"{STEM}{stems}".split(" ")) if behind else STEM in text


def without_stems(text: str) -> str:
    """Return the ready words alone."""
    return text.partition(f" {SEPARATOR} {STEM}")[0]


@lru_cache(maxsize=65_536)
def _stems(word: str, chosen: tuple[str, ...]) -> tuple[str, ...]:
    if not word.isalpha():
        return ()
    cyrillic = ord(word[0]) in _CYRILLIC
    found = [STEM + _stemmer(code).stemWord(word) for code in chosen if (code == "ru") is cyrillic]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=len(LANGUAGES))
def _stemmer(code: str) -> Any:
    try:
        import snowballstemmer
    except ImportError:
        raise SettingError(
            "AUDITSEARCH['SEARCH_LANGUAGES'] needs snowballstemmer: pip install auditsearch[languages]"
        ) from None
    return snowballstemmer.stemmer(LANGUAGES[code])
