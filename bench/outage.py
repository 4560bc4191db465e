"""After a long outage: a million events wait. What does capture cost then, and how does the shipper go about it?

    python -m bench.outage

Two outboxes in one server, one with ROWS events that wait and one without any, are written to in turns; the ratio is
the median over the rounds. Then a process of its own ships SHIP of the events into a real OpenSearch, the oldest
first, and tells its progress and how much memory it took. BENCH_DATABASE=sqlite puts the outboxes into files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.report import last_line, median, size, table, verdicts, versions
from bench.server import own_prefix, server

LIMITS = {"waiting": (">=", 1_000_000), "capture_ratio": ("<=", 1.1), "rss_mb": ("<=", 200), "out_of_order": ("<=", 0)}
CALLS = 200
"""Captures of one round."""


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(server())
        prefix = stack.enter_context(own_prefix(url, "outage"))
        arguments = [url, prefix, json.dumps(stack.enter_context(databases(folder)))]
        start(*arguments)
        rows = size("ROWS", 1_000_000)
        filled = fill("default", f"{prefix}-2026.11", rows)
        rounds = [pair(number) for number in range(size("ROUNDS", 21) + 1)][1:]
        shipped = own("ship", *arguments)
    print(versions("auditsearch", "Django"))
    print(f"\n{rows:,} events captured at {rows / filled:,.0f}/s\n\nMicroseconds of a capture\n")
    print(table(["round", "nothing waits", "all wait", "ratio"], rounds))
    figures = {"waiting": rows, "capture_ratio": median(ratio for *_, ratio in rounds), **shipped}
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """Entries of two databases: `default`, where the events wait, and `other`."""
    if os.environ.get("BENCH_DATABASE") == "sqlite":
        yield {alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / alias)} for alias in ALIASES}
        return
    from tests.databases import database
    from tests.servers.postgres import postgres

    with postgres() as url:
        yield {alias: database(url, name) for alias, name in zip(ALIASES, ("postgres", "template1"), strict=True)}


ALIASES = ("default", "other")


def start(url: str, prefix: str, entries: str) -> None:
    """Set up the site, its tables in both databases."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        SECRET_KEY="outage",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES=json.loads(entries),
        AUDITSEARCH={"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": "command"},
    )
    django.setup()
    for alias in ALIASES:
        call_command("migrate", database=alias, verbosity=0)


def fill(alias: str, partition: str, rows: int) -> float:
    """Seconds that it takes to capture `rows` events, 1,000 a transaction."""
    from django.db import connections, transaction

    from auditsearch import outbox
    from auditsearch.event import new_id
    from tests.factories import NOON, canonical

    began = time.monotonic()
    text = canonical(id="0" * 36, verbose="An event of a long outage", context_data={"attempt": 1, "of": "many"})
    for done in range(0, rows, 1000):
        ids = [new_id(NOON + done + n) for n in range(min(1000, rows - done))]
        with transaction.atomic(alias):
            outbox.append(alias, [(each, partition, text.replace("0" * 36, each), None) for each in ids])
    with connections[alias].cursor() as cursor:
        cursor.execute("ANALYZE auditsearch_outbox")
    return time.monotonic() - began


def pair(number: int) -> tuple[int, float, float, float]:
    """One round: both outboxes, the one or the other first."""
    order = ALIASES if number % 2 else tuple(reversed(ALIASES))
    took = {alias: captured(alias) for alias in order}
    return number, took["other"] * 1e6, took["default"] * 1e6, took["default"] / took["other"]


def captured(alias: str) -> float:
    """Seconds of one capture in a transaction of its own; the median of CALLS."""
    from django.db import transaction

    from auditsearch.api import record

    times = []
    for number in range(CALLS):
        with transaction.atomic(alias):
            began = time.perf_counter()
            record("measured", verbose="How long does this take?", using=alias, number=number)
            times.append(time.perf_counter() - began)
    return median(times)


def own(do: str, *arguments: str) -> dict[str, Any]:
    """What this module prints in a process of its own."""
    command = [sys.executable, "-m", "bench.outage", do, *arguments]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def ship(url: str, prefix: str, entries: str) -> None:
    """Ship a part of what waits; tell rate, memory, and whether an older event was passed over."""
    start(url, prefix, entries)
    from auditsearch.backends import get_backend
    from auditsearch.models import OutboxRow
    from auditsearch.ship import Shipped, drain
    from bench.site import peak_rss_mb

    wanted, told = min(size("SHIP", 200_000), size("ROWS", 1_000_000)), []
    get_backend().setup()
    began = time.monotonic()

    def progress(shipped: Shipped) -> None:
        if not told or time.monotonic() - told[-1] > 10:
            told.append(time.monotonic())
            print(f"{shipped.done:,} of {wanted:,} shipped", file=sys.stderr)

    done = drain("default", get_backend(), wanted, progress=progress).done
    elapsed = time.monotonic() - began
    oldest_left = OutboxRow.objects.filter(state="waiting").order_by("id").values_list("id", flat=True).first()
    passed = OutboxRow.objects.filter(state="shipped", id__gt=oldest_left).count() if oldest_left else 0
    print(json.dumps({"shipped": done, "per_s": done / elapsed, "rss_mb": peak_rss_mb(), "out_of_order": passed}))


if __name__ == "__main__":
    ship(*sys.argv[2:]) if len(sys.argv) > 1 else main()
