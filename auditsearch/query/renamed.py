"""RENAMED: a model that has changed its name is one model, whichever of its names is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from auditsearch.conf import settings


def names_of(label: str) -> list[str]:
    """Return all names that a model has borne, by any of them; the given one first."""
    renamed = settings.RENAMED
    newest = _newest(label)
    return list(dict.fromkeys([label, newest, *(former for former in renamed if _newest(former) == newest)]))


def widened(name: str, lookup: str | None, value: Any) -> tuple[str | None, Any]:
    """Return lookup and value of a question for `object_type` that asks for all names of the models asked for."""
    if name != "object_type" or not settings.RENAMED or lookup not in (None, "exact", "in"):
        return lookup, value
    if lookup == "in" and (isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable)):
        return lookup, value  # an error, and not this place's
    asked = list(value) if lookup == "in" else [value]
    labels = [label for each in asked for label in (names_of(each) if isinstance(each, str) else [each])]
    return (lookup, asked if lookup == "in" else value) if len(labels) < 2 else ("in", list(dict.fromkeys(labels)))


def _newest(label: str) -> str:
    seen = {label}
    while (label := settings.RENAMED.get(label, label)) not in seen:
        seen.add(label)
    return label
