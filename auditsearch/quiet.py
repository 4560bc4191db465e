"""Our own work must not be logged as events: shipping tells what it sends, and that would have to be shipped again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

THREADS = "auditsearch-"
"""What the names of our own threads begin with."""

_quiet: ContextVar[bool] = ContextVar("auditsearch_quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Let no log record of this context become an event."""
    reset = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(reset)


def is_quiet() -> bool:
    """Return whether log records are of our own making now: inside of `quietly`, or in a thread of ours."""
    return _quiet.get() or threading.current_thread().name.startswith(THREADS)
