"""The backlog: how many outbox rows are in which state, and how long the oldest has waited."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db import connections
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import Now

from auditsearch.models import OutboxRow, State
from auditsearch.notes import noted


def counts(using: str) -> dict[str, int]:
    """Return the number of rows in each state that occurs; rows noted as shipped count as shipped."""
    states = OutboxRow.objects.using(using).order_by().values_list("state").annotate(n=Count("pk"))
    found = Counter({str(state): n for state, n in states})
    done = _noted(using).count()
    found.update(waiting=-done, shipped=done)
    return {state: n for state, n in found.items() if n}


def oldest_age(using: str) -> timedelta | None:
    """Return how long ago, by the database's clock, the oldest waiting row was written; None where none waits."""
    waiting = OutboxRow.objects.using(using).filter(state=State.WAITING)
    waiting = waiting.exclude(pk__in=list(_noted(using).values_list("pk", flat=True)))
    age: timedelta | None = waiting.aggregate(age=Now() - Min("created_at"))["age"]
    return age


def _noted(using: str) -> QuerySet[OutboxRow]:
    there = noted(using, connections[using].vendor)
    rows = OutboxRow.objects.using(using).filter(state=State.WAITING, pk__in=[note.pk for note in there])
    return rows.filter(event_id__in=[note.event_id for note in there])
