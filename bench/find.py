"""One word in many changes: the admin search of django-auditlog and easy-audit on PostgreSQL, and ours, in one run.

    python -m bench.find

The same changes are stored in both libraries' tables and in an OpenSearch index (and SQLite file). Theirs is what their
admin page asks for the word: the change list with its counts and its first 100 rows. Ours is a page of 100 events with
its total. `find_ratio` is the quicker of them beside ours on the server. CHANGES and ROUNDS change the run.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from bench.changes import WORD, batches, label, moment
from bench.filling import settled, stored, tell
from bench.report import last_line, median, size, table, verdicts, versions
from bench.server import client, own_prefix, server

LIMITS = {"find_ratio": (">=", 50)}
WARMING = 15.0  # seconds for each: Java compiles what it is asked again and again
PAUSE = 0.1  # seconds before each question, so that what the one before left running is over
APPS = ("auditsearch", "auditlog", "easyaudit")


def main() -> None:
    from tests.servers.postgres import postgres

    changes = size("CHANGES", 300_000)
    with (
        postgres() as database,
        server() as url,
        own_prefix(url, "find") as prefix,
        tempfile.TemporaryDirectory() as folder,
    ):
        site(database)
        stores = filled(url, prefix, os.path.join(folder, "events.sqlite3"), changes)
        times = measured(answerers(stores), size("ROUNDS", 7))
        stores["sqlite"].close()
        closed()
    print(versions("auditsearch", "django-auditlog", "django-easy-audit", "psycopg", "Django"))
    print(f"\nThe word in {changes:,} changes; milliseconds\n")
    print(
        table(
            ["who", "median", "slowest", "found"],
            [(who, median(t), max(t), found) for who, (t, found) in times.items()],
        )
    )
    figures = figures_of({who: median(spent) for who, (spent, _) in times.items()})
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(medians: dict[str, float]) -> dict[str, object]:
    rivals = {who: medians[who] for who in ("django-auditlog", "easy-audit")}
    return {
        "find_ratio": min(rivals.values()) / medians["auditsearch, OpenSearch"],
        "sqlite_ratio": min(rivals.values()) / medians["auditsearch, SQLite"],
        "find_ms": medians["auditsearch, OpenSearch"],
        "auditlog_ms": rivals["django-auditlog"],
        "easyaudit_ms": rivals["easy-audit"],
    }


def site(url: str) -> None:
    """Start Django on this PostgreSQL with the admin pages of both libraries."""
    import django
    from django.conf import settings
    from django.core.management import call_command

    contrib = ("admin", "auth", "contenttypes", "messages", "sessions")
    settings.configure(
        INSTALLED_APPS=[*(f"django.contrib.{name}" for name in contrib), *APPS],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **parts(url)}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="bench.find",
        SECRET_KEY="bench",
        USE_TZ=True,
        AUDITSEARCH={"DELIVERY": "command", "BACKEND": "memory"},
        DJANGO_EASY_AUDIT_WATCH_MODEL_EVENTS=False,
        DJANGO_EASY_AUDIT_WATCH_AUTH_EVENTS=False,
        DJANGO_EASY_AUDIT_WATCH_REQUEST_EVENTS=False,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


urlpatterns: list[Any] = []


def parts(url: str) -> dict[str, Any]:
    from urllib.parse import urlsplit

    split = urlsplit(url)
    return {"NAME": split.path.strip("/"), "HOST": split.hostname, "PORT": split.port, "USER": split.username}


def closed() -> None:
    """End the connection, so that the server can stop."""
    from django.db import connection

    connection.close()


def filled(url: str, prefix: str, path: str, count: int) -> dict[str, Any]:
    """Our stores, filled while another process fills the rivals' tables; how far ours are is told on stderr."""
    closed()
    with get_context("fork").Pool(1) as rivals:
        theirs = rivals.apply_async(fill_rivals, (count,))
        stores = fill_ours(url, prefix, path, count)
        theirs.get()
    return stores


def fill_rivals(count: int) -> None:
    """The changes as rows of both libraries, with the statistics that PostgreSQL plans by."""
    from auditlog.models import LogEntry
    from django.contrib.auth.models import User
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection
    from easyaudit.models import CRUDEvent

    of = {"content_type": ContentType.objects.get_for_model(User)}
    for batch in batches(count, lambda one: (log_entry(LogEntry, one, of), crud_event(CRUDEvent, one, of))):
        LogEntry.objects.bulk_create([entry for entry, _ in batch])
        CRUDEvent.objects.bulk_create([event for _, event in batch])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def log_entry(model: Any, one: dict[str, Any], of: dict[str, Any]) -> Any:
    same = {"object_pk": str(one["pk"]), "object_id": one["pk"], "object_repr": label(one), "timestamp": moment(one)}
    return model(action=1, changes=one["diff"], **same, **of)


def crud_event(model: Any, one: dict[str, Any], of: dict[str, Any]) -> Any:
    whole = json.dumps([{"model": "auth.user", "pk": one["pk"], "fields": one["fields"]}], ensure_ascii=False)
    changed = json.dumps(one["diff"], ensure_ascii=False)
    same = {"object_id": one["pk"], "object_repr": label(one), "object_json_repr": whole, "changed_fields": changed}
    return model(event_type=2, **same, **of)


def fill_ours(url: str, prefix: str, path: str, count: int) -> dict[str, Any]:
    """The changes as events in both stores."""
    from auditsearch.backends.opensearch import OpenSearchBackend
    from auditsearch.backends.sqlite import SQLiteBackend

    stores = {"server": OpenSearchBackend([url], prefix=prefix, client={"timeout": 120}), "sqlite": SQLiteBackend(path)}
    for store in stores.values():
        store.setup()
    began, done = time.monotonic(), 0
    for batch in batches(count, lambda one: as_event(one, f"{prefix}-2026.11")):
        for store in stores.values():
            stored(store, batch)
        done += len(batch)
        tell(done, 0, count, time.monotonic() - began)
    stores["server"].refresh()
    settled(client(url), prefix)
    return stores


def as_event(one: dict[str, Any], partition: str) -> Any:
    from auditsearch.canonical import dumps
    from auditsearch.document import document
    from auditsearch.event import micros, new_id

    ts = micros(moment(one))
    members = {"id": new_id(ts), "ts": ts, "schema": 1, "event_code": "update", "object_type": "auth.User"}
    members |= {"object_id": str(one["pk"]), "object_label": label(one), "log_name": "main", "level": "INFO"}
    return document(dumps(members | {"context": {"diff": one["diff"]}, "snapshot": one["fields"]}), partition)


def answerers(stores: dict[str, Any]) -> dict[str, Callable[[], int]]:
    """Who looks for the word; each returns how many it found."""
    from auditlog.models import LogEntry
    from easyaudit.models import CRUDEvent

    from auditsearch.search import Events

    def ours(store: Any) -> Callable[[], int]:
        return lambda: Events(backend=store).filter(search=WORD).page(100).total or 0

    return {
        "django-auditlog": lambda: searched(LogEntry),
        "easy-audit": lambda: searched(CRUDEvent),
        "auditsearch, OpenSearch": ours(stores["server"]),
        "auditsearch, SQLite": ours(stores["sqlite"]),
    }


def searched(model: Any) -> int:
    """What the admin's change list of a model asks for the word, its rows fetched."""
    from django.contrib.admin import site as admin
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    request = RequestFactory().get("/", {"q": WORD})
    request.user = User(is_staff=True, is_superuser=True, is_active=True)
    found = admin._registry[model].get_changelist_instance(request)
    return len(list(found.result_list))


def measured(answer: dict[str, Callable[[], int]], rounds: int) -> dict[str, tuple[list[float], int]]:
    """Each asks in each round, another one first, after all were asked for some time: a server just started is slow."""
    for ask in answer.values():
        until = time.perf_counter() + WARMING
        while time.perf_counter() < until:
            ask()
    spent: dict[str, list[float]] = {who: [] for who in answer}
    found: dict[str, int] = {}
    names = list(answer)
    for number in range(rounds):
        for who in names[number % len(names) :] + names[: number % len(names)]:
            time.sleep(PAUSE)
            began = time.perf_counter()
            found[who] = answer[who]()
            spent[who].append((time.perf_counter() - began) * 1000)
    assert len(set(found.values())) == 1, found
    return {who: (spent[who], found[who]) for who in names}


if __name__ == "__main__":
    main()
