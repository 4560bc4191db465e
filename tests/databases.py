"""The databases that the tests run on: SQLite in memory, or the server that AUDITSEARCH_TEST_DATABASE names."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

URL_VARIABLE = "AUDITSEARCH_TEST_DATABASE"
OLD_DRIVER_VARIABLE = "AUDITSEARCH_TEST_PSYCOPG2"
ENGINES = {"postgresql": "django.db.backends.postgresql", "mysql": "django.db.backends.mysql"}


def database(url: str, name: str | None = None) -> dict[str, Any]:
    """Django's entry for a server's URL, of its database or of another one there."""
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        speak_mysql()
    if os.environ.get(OLD_DRIVER_VARIABLE):
        sys.modules["psycopg"] = None  # type: ignore[assignment] # Django takes the new one where it is
    return {
        "ENGINE": ENGINES[parts.scheme],
        "NAME": name or parts.path.strip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
        "OPTIONS": {"charset": "utf8mb4"} if parts.scheme == "mysql" else {},
    }


def databases() -> dict[str, dict[str, Any]]:
    """Two databases, `default` and `other`."""
    if url := os.environ.get(URL_VARIABLE):
        return {alias: database(url, f"audit_{alias}") for alias in ("default", "other")}
    return {alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} for alias in ("default", "other")}


def speak_mysql() -> None:
    """Let Django use PyMySQL, which needs no compiler, in place of mysqlclient."""
    import pymysql

    pymysql.version_info = (2, 2, 1, "final", 0)  # what Django asks of mysqlclient
    pymysql.install_as_MySQLdb()
