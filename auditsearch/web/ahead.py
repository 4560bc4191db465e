"""Many hits of a server, fetched ahead: while one stretch of time is written, the next two are on their way.

A server picks each event out of its document one after another, at some 100 µs; in stretches it uses several cores for
one file. Stretches are disjoint in time, so events that arrive meanwhile are in one of them or in none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import islice

from auditsearch.backends.base import Histogram, Hit, Interval
from auditsearch.exceptions import QueryError
from auditsearch.search import NEWEST_FIRST, Events

AT_ONCE = 2
"""Requests on their way."""

STRETCH = 1_000
"""Events of one stretch, at least."""

TOO_MANY = 4 * STRETCH
"""Events of a stretch that is fetched page by page instead, so that memory stays flat."""

INTERVALS: tuple[Interval, ...] = ("minute", "hour", "day", "month")

Stretch = tuple[int, int, int]
"""Microseconds from, microseconds before, and how many events were there."""


def hits(events: Events, most: int, page: int) -> Iterator[Hit]:
    """Yield the first `most` hits in their order, as `events[:most].hits(page)` does.

    Ahead where a server is asked, newest first, and nothing has to be checked; `page` at a time otherwise.
    """
    if events.store.embedded or events.order != NEWEST_FIRST or events.plan.check or not (found := _counted(events)):
        return events[:most].hits(page)
    return _ahead(events, stretches(found, most), most, page)


def stretches(found: Histogram, most: int) -> Iterator[Stretch]:
    """Yield stretches of time, newest first, that together hold `most` events, or all there are."""
    number, end = 0, found.end
    for start, count in reversed(found.bars):
        number += count
        if number >= STRETCH or start == found.bars[0][0]:
            yield start, end, number
            most, number, end = most - number, 0, start
            if most <= 0:
                return


def _counted(events: Events) -> Histogram | None:
    """The finest histogram that a store counts, None where there is none that is exact."""
    for interval in INTERVALS:
        with suppress(QueryError):  # too many bars
            found = events.histogram(interval)
            return found if found.exact else None
    return None


def _ahead(events: Events, parts: Iterator[Stretch], most: int, page: int) -> Iterator[Hit]:
    waiting: deque[Future[list[Hit]] | Events] = deque()
    pool = ThreadPoolExecutor(AT_ONCE, "auditsearch-export")
    try:
        while True:
            for start, end, number in islice(parts, AT_ONCE + 1 - len(waiting)):
                part = events.between(start, end)
                waiting.append(part if number > TOO_MANY else pool.submit(_all, part, page))
            if not waiting:
                return
            first = waiting.popleft()
            for hit in islice(first.hits(page) if isinstance(first, Events) else first.result(), most):
                most -= 1
                yield hit
    finally:
        pool.shutdown(cancel_futures=True)


def _all(part: Events, page: int) -> list[Hit]:
    return list(part.hits(page))
