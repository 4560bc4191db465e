"""Documents of the corpus for a benchmark: another process makes them ahead of the stores that take them."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing import get_context
from typing import Any

from bench import corpus

BATCH = 1_000
"""Documents that are stored at once."""

AHEAD = 8
"""Batches that are made before they are asked for."""

TOLD = 50_000
"""Events between two lines of progress."""


def batches(partition: str, end: int, start: int = 0) -> Iterator[list[Any]]:
    """Yield documents number `start` to `end` of the corpus, a batch at a time, with progress on stderr."""
    began, done, waiting = time.monotonic(), start, deque[Any]()
    with get_context("fork").Pool(1) as maker:
        for low in range(start, end, BATCH):
            waiting.append(maker.apply_async(made, (partition, low, min(low + BATCH, end))))
            while len(waiting) > AHEAD or (waiting and low + BATCH >= end):
                batch = waiting.popleft().get()
                yield batch
                done += len(batch)
                tell(done, start, end, time.monotonic() - began)


def made(partition: str, low: int, high: int) -> list[Any]:
    """The documents of these events."""
    from auditsearch.document import document

    return [document(text, partition) for _, text in corpus.canonical_texts(high - low, start=low)]


def tell(done: int, start: int, end: int, seconds: float) -> None:
    """Say from time to time how far it is, and how fast it goes."""
    if done == end or done % TOLD == 0:
        speed = (done - start) / seconds
        print(f"{done:,} of {end:,} events are stored, {speed:,.0f} a second", file=sys.stderr, flush=True)


def stored(store: Any, batch: list[Any]) -> float:
    """Store a batch; returns the seconds of it. Raises RuntimeError where any is not stored."""
    began = time.perf_counter()
    outcomes = store.index(batch)
    spent = time.perf_counter() - began
    if {outcome.settled.value for outcome in outcomes} != {"shipped"}:
        raise RuntimeError(f"The store did not take all of {len(batch)} events.")
    return spent


def settled(server: Any, index: str, patience: float = 180.0) -> None:
    """Wait until the server has merged what was stored, so that no question is asked beside it."""
    until = time.monotonic() + patience
    while time.monotonic() < until and merging(server, index):
        time.sleep(0.5)


def merging(server: Any, index: str) -> int:
    """How many merges go on; none where there is no index yet."""
    told = server.indices.stats(index=index, metric="merge")["_all"]["primaries"]
    return int(told["merges"]["current"]) if told else 0
