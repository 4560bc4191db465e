"""The texts by which personal values are known again in labels, sentences and contexts, and where they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db import models

from auditsearch import canonical
from auditsearch.capture import cover
from auditsearch.capture.named import LABEL, fields_of, of_snapshots, personal, through
from auditsearch.capture.rules import Path, Rules
from auditsearch.personal import CLOSE, OPEN

LONGEST = 1000
"""Characters of a text that is looked for."""

ANYWHERE = 4
"""Characters from which on a text is found inside of words too; a shorter one only as a word of its own."""

MOST = 100
"""Texts inside of one value."""

DEEP = 2
"""Steps from an object to those that it points to."""

Paths = tuple[Path, ...]

_PARTS = re.compile(f"({OPEN}[0-9a-f]*{CLOSE})")


def heard(instance: Any) -> list[str]:
    """Return the texts of an object's personal values, and of those that it points to and that are at hand.

    Nothing is asked of the database, under `labels.no_queries` as elsewhere.
    """
    known = personal()
    return [] if known is None else list(dict.fromkeys(_of_object(instance, known, DEEP)))


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts of a normalised value that can be known again: no single digits, no truth values."""
    if isinstance(value, str):
        text = value.strip()
        if text and len(text) <= LONGEST:
            yield text
    elif isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        found = (text for item in inside for text in texts_in(item))
        yield from (text for text, _ in zip(found, range(MOST), strict=False))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool) and len(str(value)) >= ANYWHERE:
        yield str(value)


def finder(texts: Iterable[str]) -> Callable[[str, cover.Cover], str] | None:
    """Return a function that covers the texts wherever they stand in another one, in any case; None without texts."""
    known = sorted({text.lower() for text in texts}, key=len, reverse=True)
    if not known:
        return None

    def told(plain: str) -> bool:
        return _covered(plain, known, lambda _: "") != plain

    def find(text: str, put: cover.Cover) -> str:
        text = outside(text, lambda part: cover.encoded(part, told, put)) if "%" in text else text
        low = text.lower()
        there = [each for each in known if each in low]
        if not there:
            return text
        if low.strip() in there:
            return put(text)
        return outside(text, lambda part: _covered(part, there, put))

    return find


def _covered(text: str, known: list[str], put: cover.Cover) -> str:
    """Cover what stands in a text, the longest first."""
    low = text.lower()
    if len(low) != len(text):  # a letter whose small form is two: places differ
        pattern = re.compile("|".join(map(re.escape, known)), re.IGNORECASE)
        return pattern.sub(lambda found: put(found[0]), text)
    for each in known:
        start = low.find(each)
        while start >= 0:
            end = start + len(each)
            if len(each) >= ANYWHERE or _is_word(low, start, end):
                before, after = (_covered(part, known, put) for part in (text[:start], text[end:]))
                return f"{before}{put(text[start:end])}{after}"
            start = low.find(each, end)
    return text


def _is_word(text: str, start: int, end: int) -> bool:
    around = text[start - 1 : start] + text[end : end + 1]
    return end - start > 1 and not any(sign.isalnum() or sign == "_" for sign in around)


def outside(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed where no commitment stands in it."""
    if OPEN not in text:
        return change(text)
    return "".join([part if part[:1] == OPEN else change(part) for part in _PARTS.split(text)])


def _of_object(instance: models.Model, known: Rules, deep: int) -> Iterator[str]:
    paths, is_named = _told(known, type(instance)._meta.concrete_model or type(instance))
    if is_named:
        from auditsearch.capture.labels import label as text_of

        yield text_of(instance)
    data = instance.__dict__
    for name, inside in paths:
        if data.get(name) is not None:
            yield from _at(canonical.loads(canonical.dumps(canonical.normalise(data[name]))), inside)
    for other in instance._state.__dict__.get("fields_cache", {}).values() if deep else ():
        if isinstance(other, models.Model):
            yield from _of_object(other, known, deep - 1)


def _told(known: Rules, model: type[models.Model]) -> tuple[list[tuple[str, Paths]], bool]:
    """Return the personal fields of a model, the paths inside of each; and whether what its objects are called is."""
    global _models
    if _models[0] is not known:
        _models = (known, {})
    if model not in _models[1]:
        own = fields_of(model._meta.label)
        paths: Paths = (*own, *of_snapshots(known))
        names = [field.attname for field in model._meta.concrete_fields]
        inside = [(name, _inside(known, paths, name)) for name in names]
        _models[1][model] = [(name, some) for name, some in inside if some], (LABEL,) in own
    return _models[1][model]


def _inside(known: Rules, paths: Paths, name: str) -> Paths:
    return ((),) if cover.named(name, known.names) else tuple(through(paths, name))


_models: tuple[Any, dict[Any, tuple[list[tuple[str, Paths]], bool]]] = (None, {})


def _at(value: Any, paths: Paths) -> Iterator[str]:
    if () in paths:
        yield from texts_in(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if inside := tuple(through(paths, key)):
                yield from _at(item, inside)
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, paths)
