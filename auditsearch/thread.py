"""The shipping thread of a process: a daemon that answers commits and sweeps every few seconds."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

from auditsearch import sweep

SWEEP_SECONDS = 5.0
"""Time between two sweeps where nobody rings: rows that other processes left behind are found then."""

LINGER_SECONDS = 0.1
"""Time that a ring waits for company: many commits make one request."""

EXIT_SECONDS = 2.0
"""Time that a process gives its thread at exit; what is left then waits in the outbox."""

T = TypeVar("T", bound="Shipper")


class Shipper(threading.Thread):
    """Ships until `quit`; it belongs to the process `pid` that started it."""

    def __init__(self) -> None:
        super().__init__(name="auditsearch-shipper", daemon=True)
        self.pid = os.getpid()
        self.bell, self.quit = threading.Event(), threading.Event()

    def run(self) -> None:
        leaving = False
        while not leaving:
            leaving = self.quit.is_set()
            self.bell.clear()
            try:
                self.work((lambda: False) if leaving else self.quit.is_set)
            finally:
                connections.close_all()
            if not leaving and self.bell.wait(SWEEP_SECONDS):
                self.quit.wait(LINGER_SECONDS)

    def work(self, stop: Callable[[], bool]) -> None:
        """Do once what this thread is for."""
        sweep.sweep(stop=stop)

    def finish(self) -> None:
        """Work once more, and end; not waited for longer than EXIT_SECONDS."""
        self.quit.set()
        self.bell.set()
        self.join(EXIT_SECONDS)


class Own(Generic[T]):
    """The one thread of its kind in a process: started at first use, and anew after a fork; ended at exit."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make
        self.thread: T | None = None
        self._after_fork()
        atexit.register(self.stop)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def current(self) -> T:
        """The thread, which runs."""
        found = self.thread
        if found is None or not _lives(found):
            with self.starting:
                found = self.thread = self._started()
        return found

    def stop(self) -> None:
        """End it, if there is one."""
        found, self.thread = self.thread, None
        if found is not None and found.pid == os.getpid():
            found.finish()

    def _started(self) -> T:
        if self.thread is not None and _lives(self.thread):
            return self.thread
        made = self.make()
        made.start()
        return made

    def _after_fork(self) -> None:
        self.starting = threading.Lock()  # another thread of the parent may have held it


def _lives(thread: Shipper) -> bool:
    return thread.pid == os.getpid() and thread.is_alive()


SHIPPER = Own(Shipper)
"""This process's shipping thread."""


def ring() -> None:
    """Wake this process's thread; the first call starts it, as does the first one after a fork."""
    SHIPPER.current().bell.set()


def stop() -> None:
    """End this process's thread, if there is one."""
    SHIPPER.stop()
