"""Twenty questions, asked of auditsearch and as hand-written DSL of the same index by the bare client; and of SQLite.

    python -m bench.query

Both fetch one page of 50 events, newest first, with totals up to 10,000, in turns. auditsearch's time includes making
`Event` objects, the bare client's only reading the answer's JSON; 2 ms are taken off ours for that. The SQLite store
answers the same questions about the same events. EVENTS and ROUNDS change the run.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.corpus import PARTITION
from bench.filling import batches, settled, stored
from bench.questions import KINDS, Question, questions
from bench.report import last_line, size, table, verdicts, versions
from bench.server import client, own_prefix, server
from bench.site import start

LIMITS = {
    "worst_ratio": ("<=", 1.2),
    "worst_ms": ("<=", 20),
    "icontains_ms": ("<=", 50),
    "sqlite_worst_ms": ("<=", 100),
    "sqlite_ingest_s": (">=", 3_000),
}
SHOWN = 50
OVERHEAD = 2.0  # milliseconds

Times = dict[str, dict[str, list[float]]]
"""Question -> who answered (ours, hand, sqlite) -> milliseconds of each round."""


def main() -> None:
    start("auditsearch", database=":memory:", AUDITSEARCH={"DELIVERY": "command"})
    with server() as url, own_prefix(url, "query") as prefix, tempfile.TemporaryDirectory() as folder:
        stores = opened(url, prefix, os.path.join(folder, "events.sqlite3"))
        rates = fill(stores, prefix, size("EVENTS", 200_000))
        settled(client(url), prefix)
        asked = questions()
        times = measured(asked, answerers(stores, client(url), prefix), size("ROUNDS", 15))
        stores["sqlite"].close()
    print(versions("auditsearch", "opensearch-py", "Django"))
    print(f"\n{size('EVENTS', 200_000):,} events; milliseconds for one page\n")
    print(table(["question", "ours", "95 %", "by hand", "95 %", "ratio", "SQLite", "95 %"], rows(asked, times)))
    figures = figures_of(asked, times, rates)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def opened(url: str, prefix: str, path: str) -> dict[str, Any]:
    """Both stores, empty and ready."""
    from auditsearch.backends.opensearch import OpenSearchBackend
    from auditsearch.backends.sqlite import SQLiteBackend

    stores = {"server": OpenSearchBackend([url], prefix=prefix, client={"timeout": 120}), "sqlite": SQLiteBackend(path)}
    for store in stores.values():
        store.setup()
    return stores


def fill(stores: dict[str, Any], prefix: str, events: int) -> dict[str, float]:
    """Store the corpus in both; returns documents a second of `index` alone."""
    seconds = dict.fromkeys(stores, 0.0)
    for batch in batches(f"{prefix}-{PARTITION}", events):
        for name, store in stores.items():
            seconds[name] += stored(store, batch)
    for store in stores.values():
        store.refresh()
    return {name: events / spent for name, spent in seconds.items()}


def answerers(stores: dict[str, Any], bare: Any, prefix: str) -> dict[str, Callable[[Question], int]]:
    """Who answers; each returns how many events there are, up to 10,000."""
    from auditsearch.search import Events

    def by_hand(question: Question) -> int:
        return int(bare.search(index=prefix, body=question.body(SHOWN))["hits"]["total"]["value"])

    def ours(store: Any) -> Callable[[Question], int]:
        every = Events(backend=store)
        return lambda one: every.filter(**one.keywords).exclude(**one.but).page(SHOWN).total or 0

    return {"ours": ours(stores["server"]), "hand": by_hand, "sqlite": ours(stores["sqlite"])}


def measured(asked: list[Question], answer: dict[str, Callable[[Question], int]], rounds: int) -> Times:
    """Each question by everybody, round after round; the first two rounds warm up."""
    times: Times = {question.title: {who: [] for who in answer} for question in asked}
    for number in range(rounds + 2):
        for question in asked:
            found = {}
            for who in in_turn(list(answer), number):
                began = time.perf_counter()
                found[who] = answer[who](question)
                times[question.title][who].append((time.perf_counter() - began) * 1000)
            assert len(set(found.values())) == 1, (question.title, found)
    return {title: {who: spent[2:] for who, spent in each.items()} for title, each in times.items()}


def in_turn(names: list[str], number: int) -> Iterator[str]:
    """The names, beginning with another one each time."""
    turn = number % len(names)
    return iter(names[turn:] + names[:turn])


def rows(asked: list[Question], times: Times) -> list[list[object]]:
    """One line a question."""
    found: list[list[object]] = []
    for question in asked:
        spent = times[question.title]
        ours, hand, sqlite = ([middle(spent[who]), high(spent[who])] for who in ("ours", "hand", "sqlite"))
        found.append([question.title, *ours, *hand, ratio(spent), *sqlite])
    return found


def middle(spent: list[float]) -> float:
    return statistics.median(spent)


def high(spent: list[float]) -> float:
    """The 95th percentile: what one round in twenty takes longer than."""
    return sorted(spent)[min(len(spent) - 1, round(len(spent) * 0.95))]


def ratio(spent: dict[str, list[float]]) -> float:
    return max(0.0, middle(spent["ours"]) - OVERHEAD) / middle(spent["hand"])


def figures_of(asked: list[Question], times: Times, rates: dict[str, float]) -> dict[str, object]:
    def slowest(who: str, *kinds: str) -> float:
        return max(middle(times[one.title][who]) for one in asked if not kinds or one.kind in kinds)

    return {
        "worst_ratio": max(ratio(spent) for spent in times.values()),
        "worst_ms": slowest("ours", *KINDS),
        "icontains_ms": slowest("ours", "icontains"),
        "sqlite_worst_ms": slowest("sqlite"),
        "sqlite_ingest_s": rates["sqlite"],
        "server_ingest_s": rates["server"],
    }


if __name__ == "__main__":
    main()
