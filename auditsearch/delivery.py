"""Delivery: who ships, and when. A commit rings; what answers is this thread, another one, or nobody but a command."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Literal

from django.core import mail
from django.core.signals import request_started
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from auditsearch.backends import backend_kind
from auditsearch.conf import settings
from auditsearch.hostlock import sqlite_path

Mode = Literal["inline", "thread", "dramatiq", "command"]

EMBEDDED = ("sqlite", "memory")
"""Kinds of store that need no server."""

WRITERS = ("IMMEDIATE", "EXCLUSIVE")
"""Values of `transaction_mode` with which transactions of SQLite wait for each other instead of failing."""

logger = logging.getLogger("auditsearch")
_held: list[bool] = []
_served: set[int] = set()


def ring(connection: BaseDatabaseWrapper) -> None:
    """Deliver once what is open on a connection is committed; one call a transaction, however often it is rung.

    A hook of a savepoint that is rolled back goes with it, so one counts only where its savepoints still are open.
    """
    if settings.DELIVERY == "command":
        return
    if not connection.in_atomic_block:
        if connection.get_autocommit():  # else the caller commits by hand, unseen, and the next sweep finds the rows
            committed(connection.alias)
        return
    hooks = connection.run_on_commit
    last, at = vars(connection).get("_auditsearch_hook", (None, 0))
    if last is hooks and at < len(hooks) and hooks[at][0] <= set(connection.savepoint_ids):
        return
    vars(connection)["_auditsearch_hook"] = (hooks, len(hooks))
    connection.on_commit(_hook(connection.alias), robust=True)


def committed(using: str) -> None:
    """Answer a commit on `using`. Never raises: what fails is logged, and the rows wait for the next sweep."""
    try:
        _answer(using, "command" if _held else mode(using))
    except Exception:
        logger.exception("Audit events wait in the outbox.", extra={"action": "delivery_failed"})


def first_request(**_: Any) -> None:
    """Start this process's thread, so that what a former process left behind is shipped before anything is written."""
    if os.getpid() in _served:
        return
    _served.add(os.getpid())
    try:
        threads = [alias for alias in connections if mode(alias) == "thread"]
    except Exception:
        logger.exception("Audit events wait in the outbox.", extra={"action": "delivery_failed"})
    else:
        for alias in threads[:1]:
            _answer(alias, "thread")


request_started.connect(first_request, dispatch_uid="auditsearch.delivery")


def mode(using: str) -> Mode:
    """Return who ships the rows of `using`: DELIVERY, or what `auto` means for this store and database.

    Under a test runner there is never a thread, and no message leaves it.
    """
    chosen = settings.DELIVERY
    if chosen == "auto":
        chosen = "inline" if embedded() else "command" if fragile(using) else "thread"
    return "command" if chosen in ("thread", "dramatiq") and testing() else chosen


def embedded() -> bool:
    """Return whether the store needs no server."""
    return backend_kind() in EMBEDDED


def testing() -> bool:
    """Return whether Django's test environment is set up."""
    return hasattr(mail, "outbox")


def fragile(using: str) -> bool:
    """Return whether one more writer can make requests fail: an SQLite file whose transactions begin as readers."""
    connection = connections[using]
    if connection.vendor != "sqlite" or sqlite_path(using) is None:
        return False
    return str(connection.settings_dict.get("OPTIONS", {}).get("transaction_mode")).upper() not in WRITERS


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Leave what is committed meanwhile in the outbox, in the whole process: tests look at it there."""
    _held.append(True)
    try:
        yield
    finally:
        _held.pop()


@cache
def _hook(using: str) -> Callable[[], None]:
    def deliver_audit_events() -> None:
        if vars(connections[using]).pop("_auditsearch_hook", None):  # else an earlier hook of this commit did it
            committed(using)

    return deliver_audit_events


def _answer(using: str, how: Mode) -> None:
    from auditsearch import sweep, thread  # they know the outbox, which rings here

    if how == "inline":
        sweep.deliver(using, limit=settings.BATCH_SIZE)
    elif how == "thread":
        thread.ring()
    elif how == "dramatiq":
        from auditsearch import tasks  # the one that needs the extra

        tasks.ring(using)
