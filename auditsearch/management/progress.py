"""How far a long command is: one line rewritten on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time

from django.core.management.base import OutputWrapper

EVERY = 5.0
"""Seconds between two lines where the output is no terminal."""


class Progress:
    """Told what is being done, with how many events so far, and of how many."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out, self.live = out, out.isatty()
        self.begun = self.told = time.monotonic()
        self.doing, self.open = "", False

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Tell it, if it is time to."""
        now = time.monotonic()
        if doing != self.doing:
            self.doing, self.begun = doing, now
        if now - self.told < (0.2 if self.live else EVERY):
            return
        self.told, self.open = now, self.live
        rate = done / max(now - self.begun, 0.001)
        line = f"{doing}: {done:,} of {total:,} events, {rate:,.0f}/s"
        self.out.write(f"\r{line}\x1b[K" if self.live else line, ending="" if self.live else "\n")
        self.out.flush()

    def close(self) -> None:
        """End the line that was rewritten."""
        if self.open:
            self.out.write("")
