"""Writes events of log records into the outbox: outside of the caller's transactions, without keeping it waiting."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from functools import cached_property

from django.apps import apps
from django.core.signals import request_finished
from django.db import connections, transaction

from auditsearch import canonical
from auditsearch.conf import settings
from auditsearch.event import SCHEMA, new_id
from auditsearch.hostlock import sqlite_path
from auditsearch.partition import partition_of
from auditsearch.quiet import quietly

Row = tuple[str, str, str, str | None]

LINGER_SECONDS = 0.05
"""How long the thread lets events gather: many make one INSERT."""

EXIT_SECONDS = 2.0
"""Time that a process gives its events at exit."""

FORK_SECONDS = 10.0
"""How long a fork waits for what is being written."""

LOST = "log_records_lost"
"""Code of the event that tells how many records found the queue full."""

logger = logging.getLogger("auditsearch")


class Queue:
    """What waits for one database, oldest first. `lost` counts what found it full, `pid` is whose it is."""

    def __init__(self, using: str) -> None:
        self.using, self.pid = using, os.getpid()
        self.rows: deque[Row] = deque()
        self.lost = 0
        self.failing = False
        self.bell = threading.Event()
        self.writing, self.starting = threading.Lock(), threading.Lock()
        self.thread: threading.Thread | None = None

    @cached_property
    def threaded(self) -> bool:
        """Whether the thread writes; the caller does otherwise."""
        return _threaded(self.using)

    def put(self, row: Row, limit: int) -> None:
        """Add a row, or count it as lost where `limit` wait already."""
        if len(self.rows) >= limit:
            self.lost += 1
            return
        self.rows.append(row)

    def write(self) -> bool:
        """Write all that waits, in transactions of BATCH_SIZE rows; False where the database did not take it."""
        if not apps.ready:
            return False
        with self.writing, quietly():
            try:
                while self.rows or self.lost:
                    self._batch()
            except Exception as error:
                if not self.failing:
                    logger.error(
                        "Log records wait for the database: %s",
                        str(error).partition("\n")[0],
                        extra={"action": "log_records_wait"},
                    )
                self.failing = True
                return False
        self.failing = False
        return True

    def run(self) -> None:
        """Write whenever the bell rings; a database that fails is asked again, later each time."""
        pause = 1.0
        while True:
            self.bell.wait()
            self.bell.clear()
            time.sleep(LINGER_SECONDS)
            if self.write():
                pause = 1.0
            else:
                time.sleep(pause)
                pause = min(60.0, pause * 2)
                self.bell.set()
            connections[self.using].close_if_unusable_or_obsolete()

    def wake(self) -> None:
        """Ring; the first ring starts the thread."""
        if self.thread is None or not self.thread.is_alive():
            with self.starting:
                if self.thread is None or not self.thread.is_alive():
                    self.thread = threading.Thread(target=self.run, name="auditsearch-log-writer", daemon=True)
                    self.thread.start()
        if not self.bell.is_set():
            self.bell.set()

    def _batch(self) -> None:
        from auditsearch import outbox

        lost, rows = self.lost, [self.rows[n] for n in range(min(len(self.rows), settings.BATCH_SIZE))]
        with transaction.atomic(self.using):
            outbox.append(self.using, rows + ([_lost(lost)] if lost else []))
        for _ in rows:
            self.rows.popleft()
        self.lost -= lost


_queues: dict[str, Queue] = {}
_forking: list[Queue] = []


def put(using: str, row: Row, limit: int) -> None:
    """Let `row` be written soon: by the thread, or where that could disturb requests, between transactions."""
    queue = _queue(using)
    queue.put(row, limit)
    if not apps.ready:
        return
    from auditsearch import delivery

    connection = connections[using]
    if delivery.testing():
        queue.write()  # tests never commit, and look into the transaction that they are in
    elif queue.threaded:
        queue.wake()
    elif connection.in_atomic_block:
        connection.on_commit(lambda: flush(using), robust=True)
    elif connection.get_autocommit():
        queue.write()


def flush(using: str) -> None:
    """Write what waits for `using`, unless this thread is inside of a transaction there; the thread's share too."""
    queue = _queues.get(using)
    if queue is None or not (queue.rows or queue.lost) or not apps.ready:
        return
    from auditsearch import delivery

    if delivery.testing() or not connections[using].in_atomic_block:
        queue.write()
    elif queue.thread is not None:
        queue.wake()


def _queue(using: str) -> Queue:
    queue = _queues.get(using)
    if queue is None or queue.pid != os.getpid():  # what a parent process queued, the parent writes
        queue = _queues[using] = Queue(using)
    return queue


def _threaded(using: str) -> bool:
    """Whether a thread may write: one more writer disturbs no request, and sees the same database."""
    in_memory = connections[using].vendor == "sqlite" and sqlite_path(using) is None
    from auditsearch import delivery

    return not (in_memory or delivery.fragile(using))


def _lost(n: int) -> Row:
    ts = time.time_ns() // 1000
    tree = {
        "id": new_id(ts),
        "ts": ts,
        "schema": SCHEMA,
        "event_code": LOST,
        "event_type": "undefined",
        "system_type": "undefined",
        "log_name": "main",
        "level": "ERROR",
        "logger": "auditsearch",
        "verbose": f"{n} log records were lost: the database was slower than they came",
        "context": {"count": n},
    }
    return tree["id"], partition_of(ts), canonical.dumps(tree), None  # type: ignore[return-value]


def _after_request(**_: object) -> None:
    for using in _queues:
        flush(using)


def _at_exit() -> None:
    deadline = time.monotonic() + EXIT_SECONDS
    for queue in list(_queues.values()):
        if queue.pid == os.getpid():
            while (queue.rows or queue.lost) and time.monotonic() < deadline and not queue.write():
                time.sleep(0.1)


def _before_fork() -> None:
    """Let the thread end its transaction: SQLite would believe its locks to be the child's too, and wait for them."""
    own = [queue for queue in list(_queues.values()) if queue.pid == os.getpid()]
    _forking[:] = [queue for queue in own if queue.writing.acquire(timeout=FORK_SECONDS)]


def _after_fork() -> None:
    while _forking:
        _forking.pop().writing.release()


request_finished.connect(_after_request, dispatch_uid="auditsearch.logs")
atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
