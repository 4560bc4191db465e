"""How cost grows: with the number of events, and with the number of models.

    python -m bench.growth

Each row is an index of its own on a real OpenSearch, filled from the corpus and asked the same questions. SIZES,
MODELS and ROUNDS change the run; `SIZES=10000,100000,1000000` is what the page shows. The picture is written to
docs/growth.svg.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from bench import corpus
from bench.picture import chart
from bench.query import BATCH, SHOWN, middle
from bench.questions import Question, questions
from bench.report import last_line, size, table, versions
from bench.server import client, disk_bytes, mapped_fields, own_prefix, server
from bench.site import start

TITLES = ("token", "user", "narrow range", "two words", "fragment", "range over nine tenths")
PICTURE = Path(__file__).parent.parent / "docs" / "growth.svg"
MANY = 10_000

Row = dict[str, Any]


def main() -> None:
    start("auditsearch", database=":memory:", AUDITSEARCH={"DELIVERY": "command"})
    sizes, models = numbers("SIZES", "10000,100000"), numbers("MODELS", "10,100,1000")
    with server() as url:
        rows = [measured(url, events, corpus.MODELS) for events in sizes]
        rows += [measured(url, MANY, many) for many in models]
    print(versions("auditsearch", "opensearch-py", "Django"))
    print("\nMedian milliseconds for one page of 50 events\n")
    print(table(list(rows[0]), [row.values() for row in rows]))
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


def measured(url: str, events: int, models: int) -> Row:
    """One index: speed of filling, disk, mapped fields, and the questions."""
    from auditsearch.backends.opensearch import OpenSearchBackend

    with own_prefix(url, "growth") as prefix, of_models(models):
        backend = OpenSearchBackend([url], prefix=prefix, client={"timeout": 120})
        backend.setup()
        began = time.perf_counter()
        fill(backend, f"{prefix}-{corpus.PARTITION}", events)
        rate = events / (time.perf_counter() - began)
        index, bare = f"{prefix}-{corpus.PARTITION}-v1", client(url)
        asked = [question for question in questions() if question.title in TITLES]
        times = {question.title: asking(backend, question) for question in asked}
        sizes = {"fields": mapped_fields(bare, index), "KB each": disk_bytes(bare, index) / events / 1000}
    return {"events": events, "models": models, "stored/s": rate, **sizes, **{title: times[title] for title in TITLES}}


def fill(backend: Any, partition: str, events: int) -> None:
    from auditsearch.document import document

    texts = corpus.canonical_texts(events)
    while batch := [document(text, partition) for _, text in islice(texts, BATCH)]:
        assert {outcome.settled.value for outcome in backend.index(batch)} == {"shipped"}
    backend.refresh()


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
