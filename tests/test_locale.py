"""The Russian catalogue: each text of the pages is in it, translated, compiled, and shown, without gettext tools."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django.utils.translation.template import templatize

from auditsearch.enums import EventCode
from tests.settings import MIDDLEWARE
from tests.web.conftest import Put, officer, person, put, store, web

__all__ = ["officer", "person", "put", "store", "web"]

PACKAGE = Path(__file__).parent.parent / "auditsearch"
FOLDER = PACKAGE / "locale" / "ru" / "LC_MESSAGES"
CATALOGUE = polib.pofile(str(FOLDER / "django.po"))
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
SAME = {"now", "monday"}  # words of the search language
HOLES = re.compile(r"%\(\w+\)[sd]")


def texts() -> set[str]:
    """Each text that the package's code and templates have translated, a singular for its plural."""
    sources = [path.read_text() for path in PACKAGE.rglob("*.py")]
    sources += [calls(templatize(path.read_text())) for path in PACKAGE.rglob("templates/**/*.html")]
    return {text for source in sources for text in said(source)}


def calls(source: str) -> str:
    """The calls in what Django makes of a template, a line each."""
    quoted = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    found = re.findall(rf"\b(?:_|n?gettext)\(\s*({quoted})", source)
    return "\n".join(f"gettext({text})" for text in found)


def said(source: str) -> Iterator[str]:
    """The first arguments of calls that translate."""
    for node in ast.walk(ast.parse(source)):
        name = isinstance(node, ast.Call) and (getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
        if name in CALLS and isinstance(node.args[0], ast.Constant):
            yield node.args[0].value


def translations(entry: polib.POEntry) -> list[str]:
    """All forms of an entry."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_catalogue_holds_exactly_the_texts_of_the_package() -> None:
    assert {entry.msgid for entry in CATALOGUE} == texts(), "makemessages -l ru writes what is missing"


def test_each_text_is_translated_and_certain() -> None:
    assert [entry.msgid for entry in CATALOGUE if entry.obsolete or entry.fuzzy or not all(translations(entry))] == []
    assert {entry.msgid for entry in CATALOGUE if entry.msgstr == entry.msgid} == SAME


def test_each_plural_has_its_four_forms_as_django_counts_them() -> None:
    assert "nplurals=4" in CATALOGUE.metadata["Plural-Forms"]
    assert all(len(translations(entry)) == 4 for entry in CATALOGUE if entry.msgid_plural)


def test_a_translation_has_the_holes_of_its_text() -> None:
    for entry in CATALOGUE:
        for text in translations(entry):
            assert set(HOLES.findall(text)) == set(HOLES.findall(entry.msgid)), entry.msgid


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    assert {entry.msgid: translations(entry) for entry in compiled} == {
        entry.msgid: translations(entry) for entry in CATALOGUE
    }


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "событие"), (2, "события"), (5, "событий"), (11, "событий"), (21, "событие"), (104, "события")],
)
def test_events_are_counted_as_russians_count(number: int, text: str) -> None:
    with translation.override("ru"):
        assert ngettext("%(count)s event", "%(count)s events", number) % {"count": number} == f"{number} {text}"


def test_each_code_has_a_russian_label() -> None:
    with translation.override("ru"):
        assert [code for code in EventCode if not re.search("[а-я]", str(code.label))] == []


@pytest.mark.parametrize(
    "path",
    ["", "?q=usr:kate", "?q=nothing", "saved/", "event/{id}/", "event/none/", "object/shop.Order/7/", "actor/12/"],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(
    web: Client, officer: User, put: Put, settings: object, path: str
) -> None:
    settings.MIDDLEWARE = [*MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]  # type: ignore[attr-defined]
    key = put(context_data={"diff": {"status": ["new", "paid"]}}, request_token="t-1")
    page = web.get(f"/audit/{path.format(id=key)}", headers={"accept-language": "ru"}).content.decode()
    assert '<html lang="ru"' in page
    with translation.override("ru"):
        assert [text for text in phrases() if text in page and gettext(text) != text] == []


def phrases() -> list[str]:
    """English texts of several words without holes: they can't stand on a page by chance."""
    return [entry.msgid for entry in CATALOGUE if entry.msgid.count(" ") > 1 and "%" not in entry.msgid]
