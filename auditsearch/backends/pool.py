"""Idle connections to one SQLite file, for any thread; none is open while the process forks.

A connection that was open at a fork spoils even new ones in the child: SQLite believes that this process holds the
parent's locks (https://sqlite.org/howtocorrupt.html, section 2.6).
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from auditsearch.backends.sqlite_file import Connection

PATIENCE = 10
"""Seconds that a fork waits for questions of other threads to end."""


class Pool:
    """As many connections as were in use at once, made by `connect`."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._reset()
        _pools.add(self)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection to this thread; one that saw an exception is closed."""
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            self._give(None)
            raise
        self._give(connection)

    def close(self) -> None:
        """Close what is idle."""
        with self._free:
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> Connection:
        with self._free:
            self._free.wait_for(lambda: not self._forking, PATIENCE)
            self._busy += 1
            connection = self._idle.pop() if self._idle else None
        if connection is not None and connection.is_current():
            return connection
        try:
            if connection is not None:
                connection.close()
                self.close()
            return self._connect()
        except BaseException:
            self._give(None)
            raise

    def _give(self, connection: Connection | None) -> None:
        with self._free:
            self._busy -= 1
            if connection is not None:
                self._idle.append(connection)
            self._free.notify_all()

    def _reset(self) -> None:
        self._idle: list[Connection] = []
        self._busy = 0
        self._forking = False
        self._free = threading.Condition()

    def before_fork(self) -> None:
        """Wait for those in use, close all, and lend none until the fork is over."""
        self._free.acquire()
        self._forking = True
        self._free.wait_for(lambda: not self._busy, PATIENCE)
        self.close()

    def after_fork_in_parent(self) -> None:
        """Lend again."""
        self._forking = False
        self._free.notify_all()
        self._free.release()

    def after_fork_in_child(self) -> None:
        """Begin anew: other threads, and what they held, are not here."""
        self._reset()


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()
_forking: list[Pool] = []


def _before_fork() -> None:
    _forking[:] = _pools
    for pool in _forking:
        pool.before_fork()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop().after_fork_in_parent()


def _after_fork_in_child() -> None:
    while _forking:
        _forking.pop().after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
