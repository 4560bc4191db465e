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
from auditsearch.personal import CLOSE, OPEN

LONGEST = 1000
"""Characters of a text that is looked for."""

ANYWHERE = 4
"""Characters from which on a text is found inside of words too; a shorter one only as a word of its own."""

MOST = 100
"""Texts inside of one value."""

DEEP = 2
"""Steps from an object to those that it points to."""

_PARTS = re.compile(f"({OPEN}[0-9a-f]*{CLOSE})")


def heard(instance: Any) -> list[str]:
    """Return the texts of an object's personal values, and of those that it points to and that are at hand.

    Nothing is asked of the database, under `labels.no_queries` as elsewhere.
    """
    return [] if personal() is None else list(dict.fromkeys(_of_object(instance, DEEP)))


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
    known = sorted(set(texts), key=len, reverse=True)
    if not known:
        return None
    low = [text.lower() for text in known]
    pattern = re.compile("|".join(map(_expression, known)), re.IGNORECASE)

    def find(text: str, put: cover.Cover) -> str:
        there = text.lower()
        if not any(map(there.__contains__, low)):
            return text
        if there.strip() in low:
            return put(text)
        return outside(text, lambda part: pattern.sub(lambda found: put(found[0]), part))

    return find


def outside(text: str, change: Callable[[str], str]) -> str:
    """Return a text changed where no commitment stands in it."""
    if OPEN not in text:
        return change(text)
    return "".join([part if part[:1] == OPEN else change(part) for part in _PARTS.split(text)])


def _expression(text: str) -> str:
    if len(text) >= ANYWHERE:
        return re.escape(text)
    return rf"(?<!\w){re.escape(text)}(?!\w)" if len(text) > 1 else r"(?!)"


def _of_object(instance: models.Model, deep: int) -> Iterator[str]:
    label = instance._meta.concrete_model._meta.label  # type: ignore[union-attr]
    known = personal()
    paths = (*fields_of(label), *(of_snapshots(known) if known else ()))
    if (LABEL,) in paths:
        from auditsearch.capture.labels import label as text_of

        yield text_of(instance)
    for name, value in vars(instance).items():
        if name.startswith("_") or value is None:
            continue
        inside = list(through(paths, name))
        if inside or (known and cover.named(name, known.names)):
            yield from _at(canonical.loads(canonical.dumps(canonical.normalise(value))), inside or [()])
    for other in instance._state.__dict__.get("fields_cache", {}).values() if deep else ():
        if isinstance(other, models.Model):
            yield from _of_object(other, deep - 1)


def _at(value: Any, paths: list[tuple[str, ...]]) -> Iterator[str]:
    if () in paths:
        yield from texts_in(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if inside := list(through(paths, key)):
                yield from _at(item, inside)
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, paths)
