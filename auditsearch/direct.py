"""The shortest way of an INSERT to the database: around Django's cursor and the driver's, which cost more than it does.

It is taken where it does the same as the long way, and nobody looks on there: no wrapper, no log of queries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

Sent = Callable[[Any, str, Sequence[Any]], bool]

OK, IN_TRANSACTION, NO_PIPELINE = 1, 2, 0
"""Of libpq: PGRES_COMMAND_OK, PQTRANS_INTRANS, PQ_PIPELINE_OFF."""

COOPERATIVE = ("gevent.monkey", "eventlet.patcher")
"""Modules of whoever runs many requests in one thread, where none may wait for a server in libpq's own code."""


def sent(connection: Any, sql: str, values: Sequence[Any]) -> bool:
    """Run `sql`, with a `%s` for each value, and return True; False where Django's cursor has to do it.

    Raises the errors of `django.db`.
    """
    way = _WAYS.get(connection.vendor)
    if way is None or connection.connection is None or connection.execute_wrappers or connection.queries_logged:
        return False
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return way(connection.connection, sql, values)


def _sqlite(driver: Any, sql: str, values: Sequence[Any]) -> bool:
    driver.execute(_questioned(sql, len(values)), values)
    return True


def _postgresql(driver: Any, sql: str, values: Sequence[Any]) -> bool:
    """Only inside of a transaction that the server knows of: the driver says BEGIN with its own next statement."""
    pgconn = getattr(driver, "pgconn", None)  # psycopg 2 has none
    if pgconn is None or pgconn.transaction_status != IN_TRANSACTION or pgconn.pipeline_status != NO_PIPELINE:
        return False
    if pgconn.parameter_status(b"client_encoding") != b"UTF8" or any(name in sys.modules for name in COOPERATIVE):
        return False
    texts = [None if value is None else value.encode() for value in values]
    if any(text is not None and b"\0" in text for text in texts):
        return False  # libpq would end the text there
    with driver.lock:
        result = pgconn.exec_params(_numbered(sql, len(values)), texts)
    if result.status != OK:
        from psycopg.errors import error_from_result

        raise error_from_result(result)
    return True


_WAYS: dict[str, Sent] = {"sqlite": _sqlite, "postgresql": _postgresql}


@lru_cache(maxsize=256)
def _questioned(sql: str, n: int) -> str:
    """Return a statement of `n` values as SQLite's own cursor takes it."""
    return sql % (("?",) * n)


@lru_cache(maxsize=256)
def _numbered(sql: str, n: int) -> bytes:
    """Return a statement of `n` values as libpq takes it."""
    return (sql % tuple(f"${number}" for number in range(1, n + 1))).encode()
