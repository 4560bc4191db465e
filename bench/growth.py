"""How cost grows: with the number of events, and with the number of models.

    python -m bench.growth

One index on a real OpenSearch grows from size to size, and one more for each number of models is filled; each time the
same questions are asked. SIZES, MODELS, EVENTS (of each number of models) and ROUNDS change the run. The picture is
written to docs/growth.svg.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import corpus
from bench.filling import batches, settled, stored
from bench.picture import chart
from bench.query import SHOWN, middle
from bench.questions import Question, questions
from bench.report import last_line, size, table, versions
from bench.server import client, mapped_fields, own_prefix, server
from bench.site import start

TITLES = ("token", "user", "narrow range", "two words", "fragment", "range over nine tenths")
PICTURE = Path(__file__).parent.parent / "docs" / "growth.svg"
COUNTED = 11
"""Seconds until the server, which counts an index's bytes every ten, has counted them anew."""

Row = dict[str, Any]


def main() -> None:
    start("auditsearch", database=":memory:", AUDITSEARCH={"DELIVERY": "command"})
    sizes, models = numbers("SIZES", "10000,100000,1000000"), numbers("MODELS", "10,100,1000")
    with server() as url:
        rows = [row for many in models for row in measured(url, [size("EVENTS", 100_000)], many)]
        rows = measured(url, sizes, corpus.MODELS) + rows
    print(versions("auditsearch", "opensearch-py", "Django"))
    print("\nMedian milliseconds for one page of 50 events\n")
    head = ["events", "models", "stored/s", "fields", "KB each", *TITLES]
    print(table(head, [[row[name] for name in head] for row in rows]))
    PICTURE.write_text(
        chart(curves(rows[: len(sizes)]), [f"{events:,}" for events in sizes], "milliseconds, by events")
    )
    print(f"\nThe picture is in {PICTURE.name}.\n")
    print(last_line(figures_of(rows, len(sizes))))


def numbers(name: str, default: str) -> list[int]:
    return [int(number) for number in os.environ.get(name, default).split(",")]


def curves(rows: list[Row]) -> dict[str, list[float]]:
    return {title: [row[title] for row in rows] for title in TITLES}


def figures_of(rows: list[Row], sizes: int) -> dict[str, object]:
    first, last = rows[0], rows[sizes - 1]
    return {
        "events_factor": last["events"] / first["events"],
        "token_growth": last["token"] / first["token"],
        "words_growth": last["two words"] / first["two words"],
        "fields_at_1000_models": rows[-1]["fields"],
    }


def measured(url: str, sizes: list[int], models: int) -> list[Row]:
    """One index at each of its sizes: speed of filling, disk, mapped fields, and the questions."""
    from auditsearch.backends.opensearch import OpenSearchBackend

    with own_prefix(url, "growth") as prefix, of_models(models):
        backend = OpenSearchBackend([url], prefix=prefix, client={"timeout": 120})
        backend.setup()
        index = f"{prefix}-{corpus.PARTITION}"
        return [
            filled(backend, index, there, events) | asked(backend, client(url), f"{index}-v1", events, models)
            for there, events in pairwise([0, *sizes])
        ]


def filled(backend: Any, partition: str, start: int, end: int) -> Row:
    """Add events number `start` to `end`; documents a second of `index` alone."""
    seconds = sum(stored(backend, batch) for batch in batches(partition, end, start))
    backend.refresh()
    return {"stored/s": (end - start) / seconds}


def asked(backend: Any, bare: Any, index: str, events: int, models: int) -> Row:
    """What the index is like now, and the questions."""
    settled(bare, index)
    bare.indices.flush(index=index)
    time.sleep(COUNTED)
    there = bare.indices.stats(index=index, metric="store")["_all"]["primaries"]["store"]["size_in_bytes"]
    row: Row = {
        "events": events,
        "models": models,
        "fields": mapped_fields(bare, index),
        "KB each": there / events / 1000,
    }
    return row | {question.title: asking(backend, question) for question in questions() if question.title in TITLES}


@contextmanager
def of_models(count: int) -> Iterator[None]:
    """A corpus of so many models."""
    usual, corpus.MODELS = corpus.MODELS, count
    corpus.schemas.cache_clear()
    try:
        yield
    finally:
        corpus.MODELS = usual
        corpus.schemas.cache_clear()


def asking(backend: Any, question: Question) -> float:
    """Median milliseconds of a page."""
    from auditsearch.search import Events

    spent = []
    for _ in range(size("ROUNDS", 15)):
        began = time.perf_counter()
        Events(backend=backend).filter(**question.keywords).page(SHOWN)
        spent.append((time.perf_counter() - began) * 1000)
    return middle(spent[2:])


if __name__ == "__main__":
    main()
