"""Going through a store in several processes: each fetches the next batch itself, in its turn, and works on it.

Measured, a batch that one process fetches and hands to another costs a tenth more. They are forked: one that starts
anew imports the whole site first, which takes as long as some ten thousand events.
"""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from auditsearch.backends.base import Backend
from auditsearch.backends.scan import Batch
from auditsearch.exceptions import PartialAnswer
from auditsearch.life.reading import batches
from auditsearch.query.tree import ALL, Node

T = TypeVar("T")

KILLED = "One of the processes was killed, perhaps for want of memory: run it again, with fewer of them (--jobs)."

AHEAD = 2
"""Turns that are asked for at once, for each process."""

_mine: tuple[Any, ...] = ()  # in a process of ours: the backend, whose turn it is, and the work


@contextmanager
def processes(
    backend: Backend, work: Callable[[Batch, str], T], jobs: int
) -> Iterator[Callable[[str, Node], Iterator[T]]]:
    """Give a function of partition and node: it yields what `work` makes of each batch there, in `jobs` processes.

    Where forking is not safe, beside other threads or on another system than Linux, this process does it alone.
    The function raises what the store and `work` raise, and PartialAnswer where a process is killed.
    """
    if jobs < 2 or sys.platform != "linux" or threading.active_count() > 1:
        yield lambda partition, node: (work(batch, partition) for batch in batches(backend, partition, node))
        return
    context = get_context("fork")
    turns = _Turns(context)
    try:
        with ProcessPoolExecutor(jobs, context, _begin, (backend, turns, work)) as executor:
            yield partial(_spread, executor, turns, jobs * AHEAD)
    except BrokenExecutor as error:
        raise PartialAnswer(KILLED) from error
    finally:
        if place := turns.left():  # it went wrong
            backend.scan("", ALL, place).close()


class _Turns:
    """Who has the place of the scan has the turn. A process that is killed may keep the lock for ever."""

    def __init__(self, context: Any) -> None:
        self.reader, self.writer = context.Pipe(duplex=False)
        self.lock = context.Lock()

    def take(self) -> Any:
        """Wait for the turn; returns the place."""
        with self.lock:
            return self.reader.recv()

    def give(self, place: Any) -> None:
        """Let another one have the turn."""
        self.writer.send(place)

    def left(self) -> Any:
        """The place that nobody has taken, once all other processes have ended; None where there is none."""
        self.writer.close()
        with self.reader as reader, suppress(EOFError):
            return reader.recv()


def _spread(executor: Executor, turns: _Turns, ahead: int, partition: str, node: Node) -> Iterator[Any]:
    turns.give(None)  # the place of a scan that has not begun
    under_way = deque(executor.submit(_turn, partition, node) for _ in range(ahead))
    while under_way:
        done = under_way.popleft().result()
        if done is not None:
            under_way.append(executor.submit(_turn, partition, node))
            yield done
    turns.take()


def _begin(*mine: Any) -> None:
    global _mine
    _mine = mine
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # where one is killed, the others are ended so
    gc.freeze()
    gc.disable()  # what is made of an event holds no circles


def _turn(partition: str, node: Node) -> Any:
    """What the work makes of the next batch; None where there is no more."""
    backend, turns, work = _mine
    scan = backend.scan(partition, node, turns.take())
    try:
        batch = next(scan, None)
    finally:
        turns.give(scan.place)
    return None if batch is None else work(batch, partition)
