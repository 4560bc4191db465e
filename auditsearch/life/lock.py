"""One at a time: whoever rewrites, moves or drops a partition holds its lock, which a dead process loses by itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Max
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError
from auditsearch.models import PartitionLock

Renew = Callable[[], None]
"""Tells that the holder lives; raises Locked where it was taken for dead and somebody else has the lock."""


class Locked(AuditSearchError):
    """Another process works on this partition; try again when it is done, or its lock has run out."""


def database() -> str:
    """Alias of the database that knows of locks and rebuilds: the outbox's own, or `default`."""
    return settings.DATABASE or DEFAULT_DB_ALIAS


def clock() -> datetime:
    """Return what time it is by that database."""
    locks = PartitionLock.objects.using(database())
    found: datetime = locks.aggregate(now=Coalesce(Now(), Max("until")))["now"]  # a question about rows, by its form
    return found


@contextmanager
def locked(name: str, purpose: str) -> Iterator[Renew]:
    """Hold the lock of a partition; the block calls what it is given at least once in LEASE_SECONDS. Raises Locked.

    Killed, the process leaves the lock behind, which ends by itself after LEASE_SECONDS.
    """
    token = secrets.token_hex(16)
    mine = PartitionLock.objects.using(database()).filter(name=name, token=token)
    _take(name, purpose, token)

    def renew() -> None:
        if not mine.update(until=_until()):
            raise Locked(f"{name} was taken over by another process while this one stood still: run it again.")

    try:
        yield renew
    except (Exception, KeyboardInterrupt):
        mine.delete()
        raise
    mine.delete()


def is_locked(name: str) -> bool:
    """Whether a process that lives works on this partition."""
    return PartitionLock.objects.using(database()).filter(name=name, until__gte=Now()).exists()


def _take(name: str, purpose: str, token: str) -> None:
    locks = PartitionLock.objects.using(database())
    if locks.filter(name=name, until__lt=Now()).update(purpose=purpose, token=token, until=_until()):
        return
    try:
        with transaction.atomic(using=database()):
            locks.create(name=name, purpose=purpose, token=token, until=_until())
    except IntegrityError:
        other = locks.filter(name=name).values_list("purpose", flat=True).first() or "work"
        raise Locked(
            f"Another process is at {name} ({other}). If it was killed, its lock ends within "
            f"{settings.LEASE_SECONDS} seconds: try again then."
        ) from None


def _until() -> Combinable:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
