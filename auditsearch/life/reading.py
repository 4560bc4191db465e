"""Stored events one after another, however many, with the whole text of those that the store has only in part."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

from auditsearch import outbox
from auditsearch.backends.base import Backend, Stored
from auditsearch.backends.scan import Batch
from auditsearch.backlog import migrated
from auditsearch.canonical import leaf
from auditsearch.models import OutboxRow, State
from auditsearch.query.tree import ALL, Node

PAGE = 1000
"""Events that are read at once."""

TURN = 0.001
"""Seconds that one thread may go on while the other has an answer to read."""


def pages(
    backend: Backend,
    partition: str,
    node: Node = ALL,
    *,
    derived: bool = False,
    alive: Callable[[], None] = lambda: None,
) -> Iterator[list[Stored]]:
    """Yield the events of a partition that fit the engine's `node`, oldest first, a page at a time.

    The next page of a server is fetched while this one is worked on. `alive` is called before each, and may raise.
    """

    def fetch(after: tuple[int, str] | None) -> list[Stored]:
        return backend.read(partition, node, after=after, limit=PAGE, derived=derived)

    with ThreadPoolExecutor(1, thread_name_prefix="auditsearch-read") as ahead:
        page = fetch(None)
        while page:
            alive()
            after = (page[-1].ts, page[-1].id)
            following = ahead.submit(fetch, after) if len(page) == PAGE and not backend.embedded else None
            yield page
            page = following.result() if following else fetch(after) if len(page) == PAGE else []


def batches(backend: Backend, partition: str, node: Node = ALL) -> Iterator[Batch]:
    """Yield the events of a partition that fit, each once, in the store's own order; a server's next are fetched ahead.

    Raises PartialAnswer and what the store raises.
    """
    scan = backend.scan(partition, node)
    if backend.embedded:
        yield from scan
        return
    with closing(scan), _quick_turns(), ThreadPoolExecutor(1, thread_name_prefix="auditsearch-read") as ahead:
        following = ahead.submit(next, scan, None)
        while batch := following.result():
            following = ahead.submit(next, scan, None)
            yield batch


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Give the interpreter to the thread that reads as soon as a part of an answer is there.

    An answer comes in many parts, and for each the reading thread waits for its turn: measured, of the usual 5 ms all
    those waits were a fifth of an archive's time.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(min(usual, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def personal_of(stored: Stored) -> str | None:
    """Return the side object that was captured with an event, from the outbox where the store has only a part of it."""
    if "truncated" not in stored.flags:
        return stored.personal
    return next((personal for _, personal in _kept(stored)), None)


def whole(stored: Stored) -> str | None:
    """Return the text that was captured; None where the store has only a part of it, and the outbox nothing."""
    if "truncated" not in stored.flags:
        return stored.canonical
    return next((text for text, _ in _kept(stored)), None)


def _kept(stored: Stored) -> Iterator[tuple[str, str | None]]:
    """Yield the text and the side object of an event that the store has in part, as far as the outbox keeps it."""
    for alias in filter(migrated, outbox.aliases()):
        rows = OutboxRow.objects.using(alias).filter(event_id=stored.id, state=State.TRUNCATED)
        yield from (row for row in rows.values_list("canonical", "personal") if leaf(row[0]) == stored.leaf)
