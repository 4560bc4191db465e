"""Who acts most, and what is changed most."""

from __future__ import annotations

from typing import NamedTuple

from auditsearch.backends.base import Facets
from auditsearch.search import Events

TYPES = 1_000
"""Kinds of objects that are looked at."""


class Ranked(NamedTuple):
    """Objects with the most events: (object_type, object_id, number), most first, equal ones by name.

    Not `exact`: others may have more.
    """

    objects: list[tuple[str, str, int]]
    exact: bool


def busiest_actors(events: Events, size: int = 10) -> Facets:
    """Return the users with the most events."""
    return events.facets("user", size)


def most_changed_objects(events: Events, size: int = 10) -> Ranked:
    """Return the objects with the most events.

    The kinds of objects are asked one after another, the busiest first, until none of the others can have an object
    with as many events as those that were found.
    """
    kinds = events.facets("object_type", TYPES)
    found: list[tuple[str, str, int]] = []
    exact = kinds.exact and not kinds.other
    for kind, number in kinds.values:
        if len(found) == size and found[-1][2] > number:
            break
        keys = events.filter(object_type=kind).facets("object_id", size)
        exact = exact and keys.exact
        found += [(str(kind), str(key), events_of) for key, events_of in keys.values]
        found = sorted(found, key=lambda row: (-row[2], row[0], row[1]))[:size]
    return Ranked(found, exact)
