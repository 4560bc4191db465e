"""Lengths that a caller asks for: events of a page, values of a facet."""

from __future__ import annotations

from typing import Any

from auditsearch.exceptions import QueryError


def limited(name: str, value: Any, most: int) -> int:
    """Return `value`, which is called `name` and is 1 to `most`. Raises QueryError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise QueryError(f"{name} is {value!r}; it must be a whole number from 1 to {most}.")
    return value
