"""How each library is set up: by its defaults, told only which models to follow."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from auditsearch.conf import Settings
from bench.site import nothing, start

FOLLOWED = ("bench.Patient", "bench.Chart", "bench.Ward")


def follow_by_simple_history() -> None:
    import simple_history
    from django.apps import apps

    for path in FOLLOWED:
        simple_history.register(apps.get_model(path))


@dataclass(frozen=True)
class Rival:
    """One way to log: its name in tables, its package, apps and settings, and what to call after `django.setup()`."""

    title: str
    package: str
    apps: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    follow: Callable[[], None] = nothing


OURS = {"MODELS": list(FOLLOWED), "BACKEND": "memory", "DELIVERY": "command"}
EVERYTHING = {
    "MASK": [*Settings.MASK, "bench.Chart.findings.blood.type", r"re:\b\d{16}\b"],
    "EXCLUDE_FIELDS": ["bench.Patient.remark"],
    "COALESCE": True,
    "PARENTS": {"bench.Patient": "clinic"},
    "RENAMED": {"bench.Sick": "bench.Patient"},
}

RIVALS = {
    "plain": Rival("nothing logged", "Django"),
    "auditsearch": Rival(
        "auditsearch",
        "auditsearch",
        ("auditsearch",),
        {"AUDITSEARCH": OURS},
    ),
    "all_on": Rival("all switched on", "auditsearch", ("auditsearch",), {"AUDITSEARCH": OURS | EVERYTHING}),
    "auditlog": Rival(
        "django-auditlog", "django-auditlog", ("auditlog",), {"AUDITLOG_INCLUDE_TRACKING_MODELS": FOLLOWED}
    ),
    "simple_history": Rival(
        "simple-history", "django-simple-history", ("simple_history",), follow=follow_by_simple_history
    ),
    "easyaudit": Rival(
        "easy-audit", "django-easy-audit", ("easyaudit",), {"DJANGO_EASY_AUDIT_REGISTERED_CLASSES": list(FOLLOWED)}
    ),
}


def prepare(name: str, database: str = ":memory:") -> None:
    """Start Django for this rival in this process, on a SQLite `database` with all tables made."""
    rival = RIVALS[name]
    start("bench", *rival.apps, database=database, before_tables=rival.follow, **rival.settings)


def database_name(folder: str, rival: str) -> str:
    """`:memory:`, with BENCH_DATABASE=file a file in `folder`, or with the URL of a PostgreSQL a database there."""
    given = os.environ.get("BENCH_DATABASE", "")
    if "://" in given:
        return new_database(given, rival)
    return os.path.join(folder, f"{rival}.sqlite3") if given == "file" else ":memory:"


def new_database(url: str, name: str) -> str:
    """URL of an empty database on the server that `url` names."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS bench_{name}")
        server.execute(f"CREATE DATABASE bench_{name}")
    return f"{url.rpartition('/')[0]}/bench_{name}"
