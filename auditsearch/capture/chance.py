"""Questions that may be answered otherwise when they are asked again: by chance, or by the first few of some rows."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Random
from django.db.models.sql import Query


def by_chance(query: Query) -> bool:
    """Return whether a query's conditions ask for a random number, or for a slice of other rows."""
    todo: list[Any] = [query.where]
    while todo:
        part = todo.pop()
        part = getattr(part, "query", part)  # of a Subquery
        if isinstance(part, Random) or (isinstance(part, Query) and part.is_sliced):
            return True
        if isinstance(part, Query):
            todo.append(part.where)
        else:
            todo += [*getattr(part, "children", ()), *_sides(part)]
    return False


def _sides(part: Any) -> list[Any]:
    sources = part.get_source_expressions() if hasattr(part, "get_source_expressions") else ()
    return [each for each in (*sources, getattr(part, "rhs", None)) if hasattr(each, "resolve_expression")]
