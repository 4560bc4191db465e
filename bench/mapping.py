"""Ways to index what any key may hold, side by side on a real OpenSearch: speed, disk, and whether answers are right.

    python -m bench.mapping

Each way gets the same events in the same requests with the same codec, in turns; bodies are made before the clock
starts. Over one connection the clock shows how long one thread of the server takes for a request, over two what the
server as a whole can take: `ingest_ratio` is of the latter. Ours is the shipped document under the installed template,
asked through `filter_events`; the others are asked in the server's own language. Truth is computed in Python over the
events that the server took. Disk is measured when all has been merged into one segment. EVENTS, CODEC and SECONDS
(after which the dynamic mapping is given up) change the run.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson
from opensearchpy import OpenSearch
from opensearchpy.exceptions import OpenSearchException

from bench.corpus import PARTITION, canonical_texts
from bench.report import last_line, median, size, table, verdicts, versions
from bench.server import client, disk_bytes, lines, mapped_fields, own_prefix, post, server
from bench.site import start
from bench.variants import VARIANTS, Event, Question, index_settings, leaves, text_of, words

LIMITS = {
    "rejected": ("<=", 0),
    "wrong_hits": ("<=", 0),
    "mapped_fields_added": ("<=", 0),
    "ingest_ratio": (">=", 0.55),
}
QUESTION = Question(9_000, 9_400, "КОВАЛ", ("Новосибирск", "Okafor"))
BATCH, SLICE = 500, 2_000
ASKED = ("range", "part", "words")
CONNECTIONS = (1, 2)


@dataclass
class Way:
    """One way to index and what was seen of it: documents a second by connections, events that the server took.

    `found` holds ids by question, None where it can't be asked.
    """

    name: str
    title: str
    index: str
    rates: dict[int, list[float]] = field(default_factory=lambda: {count: [] for count in CONNECTIONS})
    seconds: float = 0.0
    taken: list[Event] = field(default_factory=list)
    rejected: int = 0
    fields: tuple[int, int] = (0, 0)
    disk: float = 0.0
    found: dict[str, set[str] | None] = field(default_factory=dict)


def main() -> None:
    codec = os.environ.get("CODEC", "best_compression")
    with server() as url, own_prefix(url, "mapping") as prefix, tempfile.TemporaryDirectory() as folder:
        site(url, prefix, codec, folder)
        ways = measured(client(url), prefix, codec)
    print(versions("auditsearch", "opensearch-py"))
    print(f"\n{len(ways['facts'].taken):,} events of 500 models x 20 fields, codec {codec}\n")
    print(speed_table(ways))
    print("\nHits (true ones): amount between 9,000 and 9,400; surname with КОВАЛ in any case; two words anywhere\n")
    print(answer_table(ways))
    figures = figures_of(ways)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def site(url: str, prefix: str, codec: str, folder: str) -> None:
    """Start Django with our backend on this server, and install its templates."""
    options = {"HOSTS": [url], "INDEX_PREFIX": prefix, "CODEC": codec, "DELIVERY": "command"}
    start("auditsearch", database=os.path.join(folder, "mapping.sqlite3"), AUDITSEARCH=options)
    from auditsearch.backends import get_backend

    get_backend().setup()


def measured(server: OpenSearch, prefix: str, codec: str) -> dict[str, Way]:
    ways = {name: Way(name, variant.title, f"{prefix}-{name}") for name, variant in VARIANTS.items()}
    ours = Way("facts", "facts + folded + text", f"{prefix}-{PARTITION}-v1")
    server.indices.create(index=ours.index, body={"aliases": {prefix: {}, f"{prefix}-{PARTITION}": {}}})
    for name, way in ways.items():
        server.indices.create(index=way.index, body=index_settings(VARIANTS[name], codec))
    ways["facts"] = ours
    before = {way.name: mapped_fields(server, way.index) for way in ways.values()}
    ingest(server, ways)
    for way in ways.values():
        server.indices.refresh(index=way.index)
        way.found = dict(asked(server, way))
        way.disk = disk_bytes(server, way.index) / len(way.taken)
        way.fields = (before[way.name], mapped_fields(server, way.index))
    return ways


def ingest(server: OpenSearch, ways: dict[str, Way]) -> None:
    """All events into each index, a slice at a time, so that no way has the machine's better minutes."""
    for number, events in enumerate(slices(size("EVENTS", 40_000))):
        order = list(ways.values())
        for way in order[number % len(order) :] + order[: number % len(order)]:
            if way.name != "dynamic" or way.seconds < size("SECONDS", 10):
                put(server, way, events, connections=CONNECTIONS[number % 2])


def slices(count: int) -> Iterator[list[tuple[str, str]]]:
    for first in range(0, count, SLICE):
        yield list(canonical_texts(min(SLICE, count - first), start=first))


def put(server: OpenSearch, way: Way, texts: list[tuple[str, str]], connections: int) -> None:
    """Post the events of a slice in requests of 500 over so many connections at once.

    The dynamic mapping, with a mapping update for each event, gets 100 of them in requests of 10.
    """
    texts, step = (texts[:100], 10) if way.name == "dynamic" else (texts, BATCH)
    bodies = [(key, body(way, text)) for key, text in texts]
    requests = [lines(bodies[first : first + step]) for first in range(0, len(bodies), step)]
    with ThreadPoolExecutor(connections) as pool:
        began = time.perf_counter()
        refused = {key for keys in pool.map(lambda request: post(server, way.index, request), requests) for key in keys}
        elapsed = time.perf_counter() - began
    way.seconds += elapsed
    way.rates[connections].append(len(texts) / elapsed)
    way.rejected += len(refused)
    way.taken += [json.loads(text) for key, text in texts if key not in refused]


def body(way: Way, text: str) -> bytes:
    if way.name == "facts":
        from auditsearch.document import document

        return orjson.dumps(document(text, "").body())
    return orjson.dumps(VARIANTS[way.name].body(json.loads(text)))


def asked(server: OpenSearch, way: Way) -> Iterator[tuple[str, set[str] | None]]:
    for question in ASKED:
        yield question, ours(question) if way.name == "facts" else theirs(server, way, question)


def ours(question: str) -> set[str]:
    """Ids that our own API finds."""
    from auditsearch.api import filter_events

    q = QUESTION
    terms: dict[str, Any] = {
        "range": {"_snapshot__amount__range": (q.low, q.high)},
        "part": {"_snapshot__surname__icontains": q.part},
        "words": {"search": " ".join(q.words)},
    }
    return {event.id for event in filter_events(**terms[question])}


def theirs(server: OpenSearch, way: Way, question: str) -> set[str] | None:
    """Ids that the server finds; None where it can't be asked, or refuses."""
    query = getattr(VARIANTS[way.name], question)(QUESTION)
    if query is None:
        return None
    try:
        answer = server.search(index=way.index, body={"query": query, "size": 10_000, "_source": False})
    except OpenSearchException:
        return None
    return {hit["_id"] for hit in answer["hits"]["hits"]}


def true_ids(way: Way, question: str) -> set[str]:
    return {event["id"] for event in way.taken if holds(event, question, whole=way.name == "facts")}


def holds(event: Event, question: str, whole: bool) -> bool:
    """Whether the event fits. Our words are those of the `whole` event, the others' those of its payload."""
    if question == "range":
        return bool(QUESTION.low <= event["snapshot"]["amount"] <= QUESTION.high)
    if question == "part":
        return QUESTION.part.lower() in event["snapshot"]["surname"].lower()
    texts = [text_of(value) for _, value in leaves(event)]
    texts += [event[name] for name in ("verbose", "object_label", "user_name")] if whole else []
    return {word.lower() for word in QUESTION.words} <= set(words(" ".join(texts)))


def speed_table(ways: dict[str, Way]) -> str:
    head = ["", "events", "rejected", "documents/s", "by 2 connections", "bytes a document", "mapped fields", "after"]
    rows = [
        [way.title, len(way.taken), way.rejected, *map(rate, way.rates.values()), way.disk, *way.fields]
        for way in ways.values()
    ]
    return table(head, rows)


def rate(rates: list[float]) -> float | None:
    return median(rates) if rates else None


def ratio(ours: Way, theirs: Way, connections: int) -> float | None:
    """Median over the slices of our documents a second over theirs."""
    return rate([own / other for own, other in zip(ours.rates[connections], theirs.rates[connections], strict=True)])


def answer_table(ways: dict[str, Way]) -> str:
    rows = [[way.title, *(answer(way, question) for question in ASKED)] for way in ways.values()]
    return table(["", "numeric range", "Cyrillic icontains", "words"], rows)


def answer(way: Way, question: str) -> str:
    found, true = way.found[question], true_ids(way, question)
    if found is None:
        return "can't be asked"
    return f"{'right' if found == true else 'wrong'}: {len(found)} ({len(true)})"


def figures_of(ways: dict[str, Way]) -> dict[str, object]:
    ours, flat = ways["facts"], ways["flat_object"]
    return {
        "rejected": ours.rejected,
        "wrong_hits": sum(len((ours.found[question] or set()) ^ true_ids(ours, question)) for question in ASKED),
        "mapped_fields": ours.fields[1],
        "mapped_fields_added": ours.fields[1] - ours.fields[0],
        "ingest_ratio": ratio(ours, flat, connections=2),
        "ingest_ratio_one_connection": ratio(ours, flat, connections=1),
        "disk_bytes": ours.disk,
        "disk_bytes_flat_object": flat.disk,
    }


if __name__ == "__main__":
    main()
