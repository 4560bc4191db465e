"""The shipping thread of a process: a daemon that answers commits and sweeps every few seconds."""

from __future__ import annotations

import atexit
import os
import threading

from django.db import connections

from auditsearch import sweep

SWEEP_SECONDS = 5.0
"""Time between two sweeps where nobody rings: rows that other processes left behind are found then."""

LINGER_SECONDS = 0.1
"""Time that a ring waits for company: many commits make one request."""

EXIT_SECONDS = 2.0
"""Time that a process gives its thread at exit; what is left then waits in the outbox."""


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
                sweep.sweep(stop=(lambda: False) if leaving else self.quit.is_set)
            finally:
                connections.close_all()
            if not leaving and self.bell.wait(SWEEP_SECONDS):
                self.quit.wait(LINGER_SECONDS)

    def finish(self) -> None:
        """Sweep once more, and end; not waited for longer than EXIT_SECONDS."""
        self.quit.set()
        self.bell.set()
        self.join(EXIT_SECONDS)


_shipper: Shipper | None = None
_starting = threading.Lock()


def ring() -> None:
    """Wake this process's thread; the first call starts it, as does the first one after a fork."""
    global _shipper
    shipper = _shipper
    if shipper is None or shipper.pid != os.getpid() or not shipper.is_alive():
        with _starting:
            shipper = _shipper = _started(_shipper)
    shipper.bell.set()


def stop() -> None:
    """End this process's thread, if there is one."""
    global _shipper
    shipper, _shipper = _shipper, None
    if shipper is not None and shipper.pid == os.getpid():
        shipper.finish()


def _started(former: Shipper | None) -> Shipper:
    if former is not None and former.pid == os.getpid() and former.is_alive():
        return former
    shipper = Shipper()
    shipper.start()
    return shipper


def _after_fork() -> None:
    global _starting
    _starting = threading.Lock()  # another thread of the parent may have held it


atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
