"""Keys in slices, each as many as one `IN (...)` takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

SLICE = 500
"""Keys in one: the oldest SQLite takes 999 parameters."""


def sliced(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield the keys in their order, 500 at a time."""
    return (keys[start : start + SLICE] for start in range(0, len(keys), SLICE))
