"""The time before the outbox's table is there: `migrate` itself may save tracked objects, and must get through."""

from __future__ import annotations

import logging
from typing import Any

from django.db import connections
from django.db.models.signals import pre_migrate

from auditsearch.conf import settings
from auditsearch.models import OutboxRow

logger = logging.getLogger("auditsearch")
_migrating: set[str] = set()


def connect() -> None:
    """Listen to `migrate`."""
    pre_migrate.connect(_begin, dispatch_uid="auditsearch")


def missing(using: str) -> bool:
    """Return whether this process migrates a database that has no outbox yet; says in Python's log what is not audited.

    Without `migrate` in this process the answer is False at no cost: a missing table is then an error.
    """
    alias = settings.DATABASE or using
    if not _migrating or alias not in _migrating:
        return False
    if OutboxRow._meta.db_table in connections[alias].introspection.table_names():
        _migrating.discard(alias)
        return False
    logger.warning("A change in %r was not audited: its outbox is not migrated yet", alias, extra={"action": "migrate"})
    return True


def _begin(using: str, **_: Any) -> None:
    _migrating.add(using)
