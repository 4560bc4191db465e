"""Kill an application or a shipper with -9 at one named point, seed after seed, and look what became of its events.

    python -m bench.chaos_points

Each seed is a new application that captures, a new shipper that ships, and one sweep after both. At its point one of
them is killed; the events of the interrupted transaction, or of the interrupted shipper, must have become no document
before the COMMIT and one each after it. SEEDS is how many each point gets (50), RUNS names some of
`postgresql,sqlite`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import chaos_site as site
from bench.chaos import Faulty, balance, own
from bench.report import last_line, size, table, verdicts

BEFORE_COMMIT = "before COMMIT"
BEFORE_DOORBELL = "after COMMIT, before the doorbell"
WHILE_SENDING = "before the request is sent"
BEFORE_SETTLING = "after the server's 200, before settling"
AFTER_SETTLING = "after settling"
BEFORE_DELETE = "between settling and delete"

CAPTURING = (BEFORE_COMMIT, BEFORE_DOORBELL)
SHIPPING = (WHILE_SENDING, BEFORE_SETTLING, AFTER_SETTLING, BEFORE_DELETE)
POINTS = (*CAPTURING, *SHIPPING)
RUNS = ("postgresql", "sqlite")
HEAD = ["run", "point", "kills", "events", "interrupted", "their documents", "lost", "doubled", "phantom"]
PARTITION = "auditsearch-2026.11"
LIMITS = {"kills": (">=", 600), "lost": ("<=", 0), "doubled": ("<=", 0), "phantom": ("<=", 0)}

Row = dict[str, Any]


def main() -> None:
    runs = os.environ.get("RUNS", ",".join(RUNS)).split(",")
    rows = [row for run in runs for row in own("bench.chaos_points", run)]
    print(table(HEAD, [[row[name] for name in HEAD] for row in rows]))
    figures: dict[str, object] = {name: sum(row[name] for row in rows) for name in ("kills", "events")}
    figures |= {name: sum(row[name] for row in rows) for name in ("lost", "doubled", "phantom")}
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))
    if any(figures[name] for name in ("lost", "doubled", "phantom")):
        sys.exit(1)


def child(run: str) -> None:
    """All points on one database; prints a row of each as JSON."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = Faulty(0, calm=True)
        stack.callback(server.end)
        begin(run, Path(folder), stack, server.url)
        print(json.dumps([{"run": run} | at(point, Path(folder), server) for point in POINTS]))


def begin(run: str, folder: Path, stack: ExitStack, url: str) -> None:
    """Set up the site. Shipped rows are kept for a moment, so that removing them is a step of its own."""
    outbox = ""
    if run == "postgresql":
        from tests.servers.postgres import postgres

        outbox = stack.enter_context(postgres())
    options = {"HOSTS": [url], "INDEX_PREFIX": "auditsearch", "BATCH_SIZE": 5, "KEEP_SHIPPED": 1e-6}
    site.start(site.database(run, folder, outbox), **options)


def at(point: str, folder: Path, server: Faulty) -> Row:
    """Kill at one point with each seed; what is stored then is compared with all that was committed until then."""
    interrupted: set[str] = set()
    before, kills = told(site.truth), 0
    for seed in range(size("SEEDS", 50)):
        note = folder / "note"
        kills += ended(site.forked(capture, f"{point} {seed}", point, note))
        interrupted.update(note.read_text().split() if point in CAPTURING else ())
        kills += ended(site.forked(ship, f"{point} {seed}", point))
        ended(site.forked(site.sweep))
    counts = Counter(server.ask("_report")["stored"])
    wrong = told(lambda: balance(counts))
    interrupted = interrupted or told(site.truth) - before
    documents = ", ".join(map(str, sorted({counts[event] for event in interrupted})))
    row = {"point": point, "kills": kills, "interrupted": len(interrupted), "their documents": documents}
    return {**row, **wrong, "events": wrong["events"] - len(before)}


def told(ask: Callable[[], Any]) -> Any:
    """What the database says; the connection is not kept, for children are forked."""
    from django.db import connections

    try:
        return ask()
    finally:
        connections.close_all()


def ended(pid: int) -> bool:
    """Wait for a child; whether it was killed. Raises if it failed in another way."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert not status, "a process of the campaign failed"
    return False


def capture(seed: str, point: str, note: Path) -> None:
    """Some transactions; the ids of each are noted before it begins, those of the last one stay in the note."""
    from django.db import connection, transaction

    from auditsearch import outbox
    from auditsearch.event import new_id

    chance = random.Random(seed)
    n = chance.randint(1, 4)
    if point == BEFORE_COMMIT:
        outbox.append = site.nth(n, outbox.append)
    if point == BEFORE_DOORBELL:
        connection.commit = site.nth(n, connection.commit)
    for _ in range(4):
        ids = [new_id(time.time_ns() // 1000) for _ in range(chance.randint(3, 6))]
        note.write_text("\n".join(ids))
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {site.TRUTH} VALUES (%s)", [(each,) for each in ids])
            outbox.append("default", [(each, PARTITION, site.renamed(site.TEXTS[0], each), None) for each in ids])


def ship(seed: str, point: str) -> None:
    """Ship what waits, until this process is killed."""
    from django.db import connection

    from auditsearch import outbox, ship
    from auditsearch.backends import get_backend
    from auditsearch.backends.bulk import Bulk
    from auditsearch.backends.opensearch import OpenSearchBackend
    from auditsearch.notes import Notes

    n = random.Random(seed).randint(1, 3)  # of three batches at least
    if point == WHILE_SENDING:
        Bulk.send = site.nth(n, Bulk.send, before=True)
    if point == BEFORE_SETTLING:
        OpenSearchBackend.index = site.nth(n, OpenSearchBackend.index)
    if point == AFTER_SETTLING:
        outbox.settle, Notes.add = site.nth(n, outbox.settle), site.nth(n, Notes.add)
    if point == BEFORE_DELETE and connection.vendor == "sqlite" and n > 1:
        outbox.remove = site.nth(1, outbox.remove, before=True)
    elif point == BEFORE_DELETE:
        outbox.purge = site.nth(1, outbox.purge, before=True)
    ship.drain("default", get_backend())


if __name__ == "__main__":
    child(sys.argv[1]) if len(sys.argv) > 1 else main()
