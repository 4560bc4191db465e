"""How fast the outbox is emptied into a real OpenSearch, beside the bare client, and how much memory that takes.

    python -m bench.ship

The bare client posts bodies that were made and serialised before the clock starts; the shipper claims rows, makes each
document, posts it, proves the answer and settles the row. Both fill an index of the same template in requests of the
same size, in turns, and the ratio is the median over the rounds. The memory is that of a process which does nothing
but ship. EVENTS (a round), ROUNDS, SMALL and LARGE (rows of the memory runs) change the run. How several
shippers do beside one, and how soon an event is found, is `bench.pace`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from bench.corpus import PARTITION, canonical_texts
from bench.report import last_line, median, size, table, verdicts, versions
from bench.server import Lines, client, lines, own_prefix, post, server
from bench.site import peak_rss_mb, start

LIMITS = {"ship_ratio": (">=", 0.8), "rss_mb_10k": ("<=", 200), "rss_mb_100k": ("<=", 200)}
BATCH = 500

Round = tuple[int, float, float, float]
"""Its number, the bare client's documents a second, the shipper's, their ratio."""


def main() -> None:
    with server() as url, tempfile.TemporaryDirectory() as folder:
        rounds = speeds(url, os.path.join(folder, "rounds.sqlite3"))
        print(versions("auditsearch", "opensearch-py", "Django"))
        print("\nDocuments a second\n")
        print(table(["round", "bare client", "shipper", "ratio"], rounds))
        small, large = (memory(url, folder, size(name, n)) for name, n in (("SMALL", 10_000), ("LARGE", 100_000)))
    print("\nA process that only ships\n")
    print(table(["rows", "peak MB", "MB before", "documents/s"], [small.values(), large.values()]))
    figures = figures_of(rounds, small, large)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(rounds: list[Round], small: dict[str, Any], large: dict[str, Any]) -> dict[str, object]:
    return {
        "ship_ratio": median(ratio for *_, ratio in rounds),
        "bare_per_s": median(bare for _, bare, *_ in rounds),
        "ship_per_s": median(shipped for *_, shipped, _ in rounds),
        "rss_mb_10k": small["peak_mb"],
        "rss_mb_100k": large["peak_mb"],
    }


def site(database: str, url: str, prefix: str) -> Any:
    """Start Django with this outbox; returns the backend, its templates installed."""
    options = {"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": "command", "BATCH_SIZE": BATCH}
    start("auditsearch", database=database, AUDITSEARCH=options)
    from auditsearch.backends import get_backend

    backend = get_backend()
    backend.setup()
    return backend


def speeds(url: str, database: str) -> list[Round]:
    """All rounds but a first one, which warms both up."""
    with own_prefix(url, "ship") as prefix:
        backend = site(database, url, prefix)
        client(url).indices.create(index=f"{prefix}-bare-v1")
        return [pair(url, backend, prefix, number) for number in range(size("ROUNDS", 7) + 1)][1:]


def pair(url: str, backend: Any, prefix: str, number: int) -> Round:
    """One round: the same events by both, the one and then the other going first."""
    events = size("EVENTS", 5_000)
    texts = list(canonical_texts(events, start=number * events))
    both = [(bare, (url, f"{prefix}-bare-v1", texts)), (shipped, (backend, f"{prefix}-{PARTITION}", texts))]
    rates = {do: events / do(*arguments) for do, arguments in (both if number % 2 else reversed(both))}
    return number, rates[bare], rates[shipped], rates[shipped] / rates[bare]


def bare(url: str, index: str, texts: list[tuple[str, str]]) -> float:
    """Seconds that the bare client takes for ready-made requests."""
    requests = list(ready(texts))
    connection = client(url)
    began = time.perf_counter()
    refused = [post(connection, index, request) for request in requests]
    elapsed = time.perf_counter() - began
    assert not any(refused)
    return elapsed


def ready(texts: Iterable[tuple[str, str]]) -> Iterator[Lines]:
    import orjson

    from auditsearch.document import document

    made = ((key, orjson.dumps(document(text, "").body())) for key, text in texts)
    while batch := list(islice(made, BATCH)):
        yield lines(batch)


def shipped(backend: Any, partition: str, texts: list[tuple[str, str]]) -> float:
    """Seconds that the shipper takes to empty an outbox that holds these events."""
    fill(partition, texts)
    return drained(backend, len(texts))


def fill(partition: str, texts: Iterable[tuple[str, str]]) -> None:
    """Put events into the outbox, 500 a transaction."""
    from django.db import transaction

    from auditsearch import outbox

    rows = ((key, partition, text, None) for key, text in texts)
    while batch := list(islice(rows, 500)):
        with transaction.atomic():
            outbox.append("default", batch)


def drained(backend: Any, expected: int) -> float:
    """Seconds until the outbox is empty; an event that was not stored ends the benchmark."""
    from auditsearch.models import OutboxRow
    from auditsearch.ship import drain

    began = time.perf_counter()
    drain("default", backend)
    elapsed = time.perf_counter() - began
    left = OutboxRow.objects.exclude(state="shipped").count()
    assert not left, f"{left} of {expected} rows were not shipped"
    return elapsed


def memory(url: str, folder: str, rows: int) -> dict[str, Any]:
    """Peak memory of a process that ships `rows` events from an outbox that another process filled."""
    with own_prefix(url, "rows") as prefix:
        arguments = [os.path.join(folder, f"{rows}.sqlite3"), url, prefix, str(rows)]
        own("fill", *arguments)
        return dict(json.loads(own("drain", *arguments)))


def own(do: str, *arguments: str) -> str:
    """What this module prints in a process of its own, told to `fill` or to `drain`."""
    command = [sys.executable, "-m", "bench.ship", do, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]


def child(do: str, database: str, url: str, prefix: str, rows: str) -> None:
    backend = site(database, url, prefix)
    if do == "fill":
        fill(f"{prefix}-{PARTITION}", canonical_texts(int(rows)))
    before = peak_rss_mb()
    rate = int(rows) / drained(backend, int(rows)) if do == "drain" else None
    print(json.dumps({"rows": int(rows), "peak_mb": peak_rss_mb(), "before_mb": before, "per_s": rate}))


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
