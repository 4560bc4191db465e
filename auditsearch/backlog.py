"""The backlog: how many outbox rows are in which state, and how long the oldest has waited."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Literal

from django.db import connections
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import Now

from auditsearch.backends.base import Finding
from auditsearch.models import OutboxRow, State
from auditsearch.notes import noted
from auditsearch.outbox import waiting

LATE = timedelta(minutes=10)
"""From then on a waiting event is a sign of trouble: the longest wait between two attempts is half of it."""

STATES: list[tuple[str, Literal["warning", "error"], str, str]] = [
    ("quarantined", "error", "can't be stored and are in quarantine.", "`auditsearch_quarantine list` says why."),
    ("truncated", "warning", "were too large to be stored whole.", "The outbox keeps them whole."),
    ("expired_late", "warning", "came after their partition was dropped.", "The outbox keeps them."),
]
"""States that somebody should look at: level, what is said, and the remedy."""


def migrated(using: str) -> bool:
    """Return whether the outbox's table is in the database `using`."""
    return OutboxRow._meta.db_table in connections[using].introspection.table_names()


def counts(using: str) -> dict[str, int]:
    """Return the number of rows in each state that occurs; rows noted as shipped count as shipped."""
    states = OutboxRow.objects.using(using).order_by().values_list("state").annotate(n=Count("pk"))
    found = Counter({str(state): n for state, n in states})
    done = _noted(using).count()
    found.update(waiting=-done, shipped=done)
    return {state: n for state, n in found.items() if n}


def oldest_age(using: str) -> timedelta | None:
    """Return how long ago, by the database's clock, the oldest waiting row was written; None where none waits."""
    rows = OutboxRow.objects.using(using).filter(state=State.WAITING)
    rows = rows.exclude(pk__in=list(_noted(using).values_list("pk", flat=True)))
    age: timedelta | None = rows.aggregate(age=Now() - Min("created_at"))["age"]
    return age


def findings(using: str) -> list[Finding]:
    """Return what somebody should know or do about the outbox of `using`."""
    found = counts(using)
    told = [
        Finding(level, f"{using}: {found[state]:,} events {said}", hint)
        for state, level, said, hint in STATES
        if found.get(state)
    ]
    age = oldest_age(using)
    if age is not None and age > LATE:
        told.append(Finding("error", f"{using}: the oldest event has waited for {_words(age)}.", _remedy(using)))
    return told


def _remedy(using: str) -> str:
    errors = OutboxRow.objects.using(using).filter(state=State.WAITING).exclude(error="").order_by("-attempts")
    if reason := errors.values_list("error", flat=True).first():
        return f"Last error: {reason}"
    return "Does a shipper run? manage.py auditsearch_ship ships at once, and tells what is in its way."


def _words(age: timedelta) -> str:
    return str(timedelta(seconds=int(age.total_seconds())))


def _noted(using: str) -> QuerySet[OutboxRow]:
    there = noted(using, connections[using].vendor)
    rows = waiting(using, [note.pk for note in there])
    return rows.filter(event_id__in=[note.event_id for note in there])
