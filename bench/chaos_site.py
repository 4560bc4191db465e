"""The processes of `bench.chaos`: applications that capture, and shippers that ship, until they are killed.

Each runs in a fork of a process that has set Django up. What was committed is told by a table of its own, which is
written in the same transactions as the changes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

TRUTH = "chaos_truth"
POINTS = ("any moment", "before commit", "before doorbell", "before settling", "after settling", "while sending")
CAPTURING, SHIPPING = POINTS[:3], (POINTS[0], *POINTS[3:])
TEXTS: list[str] = []
"""Canonical texts of events, to be given other ids."""

PER_LIFE = 1000
"""Events that an application captures before it starts anew."""


def start(database: dict[str, Any], **options: Any) -> None:
    """Set up the site and its tables."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="chaos",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": database},
        LOGGING_CONFIG=None,
        AUDITSEARCH={"DELIVERY": "command", "LEASE_SECONDS": 2, "BATCH_SIZE": 200, **options},
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection, connections

    from bench.corpus import canonical_texts

    TEXTS.extend(text for _, text in canonical_texts(50))
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {TRUTH} (event_id varchar(64) PRIMARY KEY)")
    connections.close_all()


def hurry() -> None:
    """Waits are short: here nobody is spared by them."""
    from auditsearch import outbox
    from auditsearch.backends import bulk

    bulk.FIRST_WAIT, bulk.PATIENCE = 0.005, 0.05
    outbox.backoff = lambda attempts: timedelta(seconds=random.uniform(0.01, 0.1))


def forked(do: Callable[..., Any], *arguments: Any) -> int:
    """Run in a child process, which then ends without cleaning up; returns its pid."""
    pid = os.fork()
    if not pid:
        try:
            do(*arguments)
            os._exit(0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    return pid


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nth(n: int, do: Callable[..., Any], *, before: bool = False) -> Callable[..., Any]:
    """`do`, at whose n-th call the process is killed, before it or after it."""
    calls = iter(range(n, 0, -1))

    def counted(*given: Any, **named: Any) -> Any:
        last = next(calls, 0) == 1
        if last and before:
            die()
        answer = do(*given, **named)
        return die() if last else answer

    return counted


def arm(point: str, chance: random.Random) -> None:
    """Let this process be killed when it comes to `point` for the n-th time."""
    from django.db import connection

    from auditsearch import outbox
    from auditsearch.backends.client import Client
    from auditsearch.backends.opensearch import OpenSearchBackend
    from auditsearch.notes import Notes

    n = chance.randint(1, 6)
    if point == "before commit":
        outbox.append = nth(n * 3, outbox.append)
    if point == "before doorbell":
        connection.commit = nth(n * 3, connection.commit)
    if point == "before settling":
        OpenSearchBackend.index = nth(n, OpenSearchBackend.index)
    if point == "after settling":
        outbox.settle, Notes.add = nth(n, outbox.settle), nth(n, Notes.add)
    if point == "while sending":
        Client.request = nth(n * 3, Client.request, before=True)


def capture(seed: str, point: str, partitions: list[str], limit: float | None = None) -> None:
    """Commit transactions of some events, and roll others back; for `limit` seconds, or a life long."""
    from django.db import connection, transaction

    from auditsearch import outbox
    from auditsearch.event import new_id

    chance = random.Random(seed)
    arm(point, chance)
    done, end = 0, time.monotonic() + (limit or 0)
    while (time.monotonic() < end) if limit else (done < PER_LIFE):
        ids = [new_id(time.time_ns() // 1000) for _ in range(chance.randint(1, 60))]
        rows = [(each, chance.choice(partitions), renamed(chance.choice(TEXTS), each), None) for each in ids]
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {TRUTH} VALUES (%s)", [(each,) for each in ids])
            outbox.append("default", rows)
            transaction.set_rollback(chance.random() < 0.1)
        done += len(ids)
        time.sleep(0.01 if limit else 0)


def renamed(text: str, identifier: str) -> str:
    """The event's canonical text under another id."""
    start = text.index('"id":"') + 6
    return text[:start] + identifier + text[text.index('"', start) :]


def ship(seed: str, point: str, limit: float) -> None:
    """Ship for `limit` seconds."""
    from auditsearch import ship
    from auditsearch.backends import get_backend
    from auditsearch.exceptions import AuditSearchError

    hurry()
    arm(point, random.Random(seed))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        with contextlib.suppress(AuditSearchError):
            ship.drain("default", get_backend(), stop=lambda: time.monotonic() > end)
        time.sleep(0.02)


def sweep() -> None:
    """Ship all that is left, once the leases of the dead have ended."""
    from django.db.models.functions import Now

    from auditsearch import ship
    from auditsearch.backends import get_backend
    from auditsearch.models import OutboxRow, State

    hurry()
    past = Now() - timedelta(seconds=1)
    OutboxRow.objects.exclude(lease_until=None).update(lease_until=past)
    for _ in range(20):
        OutboxRow.objects.filter(state=State.WAITING).update(not_before=past)
        if not ship.drain("default", get_backend()).counts:
            break


def truth() -> set[str]:
    """Ids of all events that were committed."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT event_id FROM {TRUTH}")
        return {row[0] for row in cursor.fetchall()}


def held() -> dict[str, str]:
    """Ids of quarantined events -> why."""
    from auditsearch.models import OutboxRow, State

    return dict(OutboxRow.objects.filter(state=State.QUARANTINED).values_list("event_id", "error"))


def stored() -> list[str]:
    """Ids of all that a real server holds."""
    import json

    from auditsearch.backends import get_backend
    from auditsearch.backends.base import Sort
    from auditsearch.query.tree import And

    get_backend().refresh()
    found: list[str] = []
    after = None
    while hits := get_backend().search(And(()), order=[Sort("ts"), Sort("id")], after=after, limit=1000).hits:
        found += [json.loads(hit.canonical)["id"] for hit in hits]
        after = hits[-1].after
    return found


def database(kind: str, folder: Path, url: str = "") -> dict[str, Any]:
    """Django's entry for the database of a run."""
    import django

    from tests.databases import database as server

    if kind != "sqlite":
        return server(url)
    options = {"timeout": 60} | ({"transaction_mode": "IMMEDIATE"} if django.VERSION >= (5, 1) else {})
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "site.sqlite3", "OPTIONS": options}
