"""Shipping again what was confirmed once: a cluster that was restored from yesterday is filled from the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from django.db.models.functions import Now
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import is_naive, make_aware

from auditsearch import outbox
from auditsearch.models import OutboxRow, State

FORM = "FROM..TO, such as 2026-11-21T03:00..2026-11-22 or 2026-11-21.."


class Period(NamedTuple):
    """From `since` (or always) until before `until` (or ever)."""

    since: datetime | None
    until: datetime | None


def period(text: str) -> Period:
    """Read FROM..TO; either may be left out, a date is its midnight, in TIME_ZONE. Raises ValueError."""
    since, dots, until = text.partition("..")
    if not dots or not (since or until):
        raise ValueError(f"{text!r} is no range: write {FORM}.")
    return Period(_moment(since), _moment(until))


def reopen(using: str, when: Period) -> int:
    """Let the rows wait again that were confirmed in that period and still are kept; return how many.

    What the store still has is found there by its id and hash, and is not stored twice.
    """
    rows = OutboxRow.objects.using(using).filter(state=State.SHIPPED)
    rows = rows.filter(shipped_at__gte=when.since) if when.since else rows
    rows = rows.filter(shipped_at__lt=when.until) if when.until else rows
    done = 0
    while pks := list(rows.order_by("id").values_list("pk", flat=True)[: outbox.SLICE]):
        with outbox.together(using):
            done += sum(_wait_again(using, some) for some in outbox.slices(using, pks))
    return done


def _wait_again(using: str, pks: Sequence[int]) -> int:
    rows = OutboxRow.objects.using(using).filter(pk__in=pks, state=State.SHIPPED)
    return rows.update(state=State.WAITING, not_before=Now(), shipped_at=None, attempts=0)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = parse_date(text) if len(text) == 10 else None
        moment = datetime.combine(day, time()) if day else parse_datetime(text)
    except ValueError:  # it has the form of a date, but there is no such day
        moment = None
    if moment is None:
        raise ValueError(f"{text!r} is neither a date nor a time: write {FORM}.")
    return make_aware(moment) if is_naive(moment) else moment
