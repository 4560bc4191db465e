"""The shortest way of an INSERT to the database: around Django's cursor and the driver's, which cost more than it does.

It is taken where it does the same as the long way, and nobody looks on there: no wrapper, no log of queries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

Sent = Callable[[Any, str, Sequence[Any], bool], bool]

OK, SYNC, OPEN, IDLE, IN_TRANSACTION, NO_PIPELINE = 1, 10, 0, 0, 2, 0
"""Of libpq: PGRES_COMMAND_OK and PIPELINE_SYNC, CONNECTION_OK, PQTRANS_IDLE and INTRANS, PQ_PIPELINE_OFF."""

COOPERATIVE = ("gevent.monkey", "eventlet.patcher")
"""Modules of whoever runs many requests in one thread, where none may wait for a server in libpq's own code."""


def sent(connection: Any, sql: str, values: Sequence[Any], *, last: bool = False) -> bool:
    """Run `sql`, with a `%s` for each value, and return True; False where Django's cursor has to do it.

    What is the `last` statement of an outermost `atomic` block takes the COMMIT along to PostgreSQL, for each waits for
    the server; Django then commits as ever, and its driver finds nothing to be done. Raises the errors of `django.db`.
    """
    way = _WAYS.get(connection.vendor)
    if way is None or connection.connection is None or connection.execute_wrappers or connection.queries_logged:
        return False
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return way(connection.connection, sql, values, last and _ends(connection))


def _sqlite(driver: Any, sql: str, values: Sequence[Any], _last: bool) -> bool:
    driver.execute(_questioned(sql, len(values)), values)
    return True


def begin(connection: Any) -> None:
    """Say BEGIN in an outermost `atomic` block, for whose first statement PostgreSQL's driver would say it at length.

    Raises the errors of `django.db`.
    """
    driver = connection.connection
    pgconn = getattr(driver, "pgconn", None)
    if pgconn is None or pgconn.transaction_status != IDLE or not _plain(pgconn) or driver.autocommit:
        return
    if driver.isolation_level is None and driver.read_only is None and driver.deferrable is None:
        with connection.wrap_database_errors, driver.lock:
            _done(pgconn, pgconn.exec_(b"BEGIN"))


def _postgresql(driver: Any, sql: str, values: Sequence[Any], last: bool) -> bool:
    """Only inside of a transaction that the server knows of: the driver says BEGIN with its own next statement."""
    pgconn = getattr(driver, "pgconn", None)  # psycopg 2 has none
    if pgconn is None or pgconn.transaction_status != IN_TRANSACTION or not _plain(pgconn):
        return False
    texts = [None if value is None else value.encode() for value in values]
    if pgconn.parameter_status(b"client_encoding") != b"UTF8" or any(text and b"\0" in text for text in texts):
        return False  # libpq would end a text at its first NUL
    run = _with_commit if last and _pipelines() else _alone
    with driver.lock:
        run(driver, _numbered(sql, len(values)), texts)
    return True


def _alone(driver: Any, sql: bytes, texts: Sequence[bytes | None]) -> None:
    _done(driver.pgconn, driver.pgconn.exec_params(sql, texts))


def _with_commit(driver: Any, sql: bytes, texts: Sequence[bytes | None]) -> None:
    """Run a statement and the COMMIT behind it in one round trip.

    Where the first fails, the server passes over the second, and the transaction waits for its ROLLBACK as ever.
    """
    pgconn = driver.pgconn
    pgconn.enter_pipeline_mode()
    try:
        pgconn.send_query_params(sql, texts)
        pgconn.send_query_params(b"COMMIT", None)
        pgconn.pipeline_sync()
        results = list(_until_sync(driver))
    except BaseException:
        pgconn.finish()  # whoever spoke next would take answers to these for answers to him
        raise
    if pgconn.status != OPEN:
        raise _lost(pgconn)
    pgconn.exit_pipeline_mode()
    for result in results:
        _done(pgconn, result)


def _until_sync(driver: Any) -> Iterator[Any]:
    """Yield the results of what was sent down a pipeline, as far as the connection lasts."""
    from psycopg.generators import fetch, send

    # The driver waits, for `get_result` holds up all threads: among them who has the lock that a COMMIT waits for.
    driver.wait(send(driver.pgconn))
    while driver.pgconn.status == OPEN:
        result = driver.wait(fetch(driver.pgconn))
        if result is not None and result.status == SYNC:
            return
        if result is not None:
            yield result


def _ends(connection: Any) -> bool:
    """Return whether the end of the one block that is open commits, by Django's own means and by nobody else's."""
    only = len(connection.atomic_blocks) == 1 and not connection.savepoint_ids and connection.commit_on_exit
    return only and _commits_plainly(connection.__class__)


@lru_cache(maxsize=32)
def _commits_plainly(kind: Any) -> bool:
    base: Any = BaseDatabaseWrapper
    return kind.commit is base.commit and kind._commit is base._commit


@lru_cache(maxsize=1)
def _pipelines() -> bool:
    """Return whether libpq is of version 14 or later."""
    from psycopg import Pipeline

    return Pipeline.is_supported()


def _plain(pgconn: Any) -> bool:
    return pgconn.pipeline_status == NO_PIPELINE and not any(name in sys.modules for name in COOPERATIVE)


def _done(pgconn: Any, result: Any) -> None:
    """Raise the driver's error where a statement failed."""
    if result.status == OK:
        return
    from psycopg.errors import error_from_result

    raise error_from_result(result) if pgconn.status == OPEN else _lost(pgconn)


def _lost(pgconn: Any) -> Exception:
    from psycopg.errors import OperationalError

    return OperationalError(pgconn.get_error_message())


_WAYS: dict[str, Sent] = {"sqlite": _sqlite, "postgresql": _postgresql}


@lru_cache(maxsize=256)
def _questioned(sql: str, n: int) -> str:
    """Return a statement of `n` values as SQLite's own cursor takes it."""
    return sql % (("?",) * n)


@lru_cache(maxsize=256)
def _numbered(sql: str, n: int) -> bytes:
    """Return a statement of `n` values as libpq takes it."""
    return (sql % tuple(f"${number}" for number in range(1, n + 1))).encode()
