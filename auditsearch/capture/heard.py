"""The texts by which an object's personal values are known again in labels, sentences and contexts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from auditsearch.capture import cover
from auditsearch.capture.finder import parsed, texts_in
from auditsearch.capture.label import label
from auditsearch.capture.named import LABEL, fields_of, of_snapshots, personal, through
from auditsearch.capture.rules import Paths, Rules
from auditsearch.capture.unsaid import at_hand

DEEP = 2
"""Steps from an object to those that it points to."""


def heard(instance: Any) -> list[str]:
    """Return the texts of an object's personal values, and of those that it points to and that are at hand.

    Nothing is asked of the database, under `label.no_queries` as elsewhere.
    """
    known = personal()
    return [] if known is None else list(dict.fromkeys(_of_object(instance, known, DEEP)))


def _of_object(instance: models.Model, known: Rules, deep: int) -> Iterator[str]:
    paths, is_named = _told(known, type(instance)._meta.concrete_model or type(instance))
    if is_named:
        yield label(instance)
    data = instance.__dict__
    for name, inside in paths:
        if data.get(name) is not None:
            yield from _at(parsed(data[name]), inside)
    for other in at_hand(instance) if deep else ():
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
