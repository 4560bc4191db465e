"""Commands that take long, and may be stopped at any moment: told in one line, and what they hold is given back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError

STOPPED = 130
"""The exit code, which shells give for Ctrl-C."""


class StoppableCommand(BaseCommand):
    """A command that Ctrl-C and SIGTERM end alike; `after` says what comes of its work then."""

    after = "Run it again: it goes on."

    def execute(self, *args: Any, **options: Any) -> Any:
        """Do it. Raises CommandError where it is stopped."""
        try:
            with _terminated_as_interrupted():
                return super().execute(*args, **options)
        except KeyboardInterrupt:
            raise CommandError(f"Stopped. {self.after}".rstrip(), returncode=STOPPED) from None


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM would end the process where it stands, and leave its locks behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
