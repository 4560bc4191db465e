"""How far long work is, told to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Told what is being done, with how many events so far, and of how many."""


def quiet(doing: str, done: int, total: int) -> None:
    """Tell nobody."""
