"""What a bulk operation runs inside itself is its own affair: its inner `update` tells nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TOLD = "auditsearch_told"
"""Hint of a queryset whose update somebody else tells."""

_quiet: ContextVar[bool] = ContextVar("auditsearch_quiet", default=False)


def quiet() -> bool:
    """Return whether somebody further out tells what happens now."""
    return _quiet.get()


@contextmanager
def told_outside() -> Iterator[None]:
    """Let updates inside tell nothing, for the caller tells of them."""
    reset = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(reset)
