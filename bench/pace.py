"""How four shippers do beside one, and how long it takes from a commit until a search finds the event.

    python -m bench.pace

Both on a real PostgreSQL and a real OpenSearch with the settings' defaults. EVENTS is
how many each round of shippers takes, ROUNDS how often, RATE events a second are captured for SECONDS.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from typing import Any

from bench.corpus import PARTITION, canonical_texts
from bench.report import last_line, median, size, table, verdicts
from bench.server import client, own_prefix, server

LIMITS = {"workers_ratio": (">=", 1.5), "searchable_p99_s": ("<=", 2.0)}
WORKERS = 4


def main() -> None:
    with ExitStack() as stack:
        from tests.servers.postgres import postgres

        url, outbox = stack.enter_context(server()), stack.enter_context(postgres())
        prefix = stack.enter_context(own_prefix(url, "pace"))
        site(url, outbox, prefix, "command")
        rounds = [pair(url, outbox, prefix, number) for number in range(size("ROUNDS", 3) + 1)][1:]
        waits = latency(url, outbox, stack.enter_context(own_prefix(url, "wait")))
    print(f"\nDocuments a second, of one shipper and of {WORKERS}\n")
    print(table(["round", "one", f"{WORKERS}", "ratio"], rounds))
    figures = {
        "workers_ratio": median(ratio for *_, ratio in rounds),
        "searchable_p50_s": quantile(waits, 0.5),
        "searchable_p99_s": quantile(waits, 0.99),
        "searched": len(waits),
    }
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def site(url: str, outbox: str, prefix: str, delivery: str) -> None:
    """Start Django on these servers."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    from tests.databases import database

    settings.configure(
        SECRET_KEY="pace",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": database(outbox)},
        AUDITSEARCH={"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": delivery},
    )
    django.setup()
    from auditsearch.backends import get_backend

    call_command("migrate", verbosity=0)
    get_backend().setup()


def pair(url: str, outbox: str, prefix: str, number: int) -> tuple[int, float, float, float]:
    """One round: one shipper and four, the one or the other first."""
    order = (1, WORKERS) if number % 2 else (WORKERS, 1)
    rates = {n: rate(url, outbox, prefix, number, n) for n in order}
    return number, rates[1], rates[WORKERS], rates[WORKERS] / rates[1]


def rate(url: str, outbox: str, prefix: str, number: int, shippers: int) -> float:
    """Documents a second of so many shippers, from when all are ready."""
    from bench.ship import fill

    events = size("EVENTS", 6_000)
    fill(f"{prefix}-{PARTITION}", canonical_texts(events, start=(2 * number + (shippers > 1)) * events))
    command = [sys.executable, "-m", "bench.pace", "ship", url, outbox, prefix]
    found = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(shippers)
    ]
    for process in found:
        assert process.stdout
        process.stdout.readline()
    began = time.monotonic()
    for process in found:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    assert not any(process.wait() for process in found)
    return events / (time.monotonic() - began)


def ship(url: str, outbox: str, prefix: str) -> None:
    """A shipper that waits for the word, and ends when nothing waits."""
    site(url, outbox, prefix, "command")
    from auditsearch.backends import get_backend
    from auditsearch.models import OutboxRow
    from auditsearch.ship import drain

    print("ready", flush=True)
    sys.stdin.readline()
    while OutboxRow.objects.filter(state="waiting").exists():
        if not drain("default", get_backend()).done:
            time.sleep(0.02)
    os._exit(0)


def latency(url: str, outbox: str, prefix: str) -> list[float]:
    """Seconds from each commit until a search first found the event; looked at ten times a second."""
    command = [sys.executable, "-m", "bench.pace", "capture", url, outbox, prefix]
    with tempfile.TemporaryFile("w+") as told:  # it tells more than a pipe holds that nobody reads meanwhile
        seen = watched(subprocess.Popen(command, stdout=told, text=True), url, prefix)
        told.seek(0)
        committed: dict[str, float] = json.load(told)
    missing = set(committed) - set(seen)
    assert not missing, f"{len(missing)} events were not found"
    return [seen[each] - at for each, at in committed.items()]


def watched(process: subprocess.Popen[str], url: str, prefix: str) -> dict[str, float]:
    """When each event was first found, until ten seconds after the process that captures them has ended."""
    seen: dict[str, float] = {}
    last = 0.0
    while process.poll() is None or (time.time() - last < 10 and last):
        look(url, prefix, seen)
        if process.poll() is not None and not last:
            last = time.time()
        time.sleep(0.1)
    assert not process.returncode
    return seen


def look(url: str, prefix: str, seen: dict[str, float]) -> None:
    """Note when each of the newest events was first found."""
    body: Any = {"size": 1000, "_source": False, "sort": [{"ts": "desc"}]}
    answer = client(url).search(index=f"{prefix}*", body=body, allow_no_indices=True, ignore_unavailable=True)
    now = time.time()
    for hit in answer["hits"]["hits"]:
        seen.setdefault(hit["_id"], now)


def capture(url: str, outbox: str, prefix: str) -> None:
    """RATE transactions a second for SECONDS, shipped by this process's thread; prints when each was committed."""
    site(url, outbox, prefix, "thread")
    from django.db import transaction

    from auditsearch.api import record

    rate, committed = size("RATE", 200), {}
    began = time.monotonic()
    for number in range(rate * size("SECONDS", 20)):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        with transaction.atomic():
            event = record("measured", verbose="How long until this is found?", number=number)
        committed[event] = time.time()
    time.sleep(2)
    print(json.dumps(committed))


if __name__ == "__main__":
    {"ship": ship, "capture": capture}[sys.argv[1]](*sys.argv[2:]) if len(sys.argv) > 1 else main()
