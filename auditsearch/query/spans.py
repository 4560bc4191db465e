"""Spans: pairs of a first and a last, of days or of places in a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T", bound=Any)


def joined(spans: Iterable[tuple[T, T]], reach: Callable[[T], T]) -> Iterator[tuple[T, T]]:
    """Yield the spans in order, as one those of which the next begins no later than the `reach` of the last."""
    last: tuple[T, T] | None = None
    for first, end in sorted(spans):
        if last and first <= reach(last[1]):
            last = last[0], max(last[1], end)
            continue
        if last:
            yield last
        last = first, end
    if last:
        yield last
