"""How auditing is: what waits, since when and why, how fast it goes, and how the store is. Numbers, no content."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models.functions import Now

from auditsearch import backlog, delivery, fallback, outbox
from auditsearch.backends import get_backend
from auditsearch.backends.base import Finding, Status
from auditsearch.exceptions import AuditSearchError
from auditsearch.models import OutboxRow, State

MINUTES = 5
"""The stretch of time that rates are counted over."""


@dataclass(frozen=True)
class Database:
    """One outbox. Rates are events a minute; None where shipped rows are not kept, so that nobody can tell."""

    delivery: str
    rows: dict[str, int]
    oldest_seconds: float | None
    captured_per_minute: float | None
    shipped_per_minute: float | None
    last_error: str


@dataclass(frozen=True)
class Health:
    """Each outbox by its database's alias, events in the store (None: unknown) and in FALLBACK_FILE, and findings."""

    databases: dict[str, Database] = field(default_factory=dict)
    events: int | None = None
    fallback: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nobody must act."""
        return not self.errors

    @property
    def errors(self) -> list[Finding]:
        """What somebody must act on."""
        return [finding for finding in self.findings if finding.level == "error"]

    def total(self, state: str) -> int:
        """Rows of all outboxes in a state."""
        return sum(database.rows.get(state, 0) for database in self.databases.values())

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest event of all waits; 0 where none does."""
        return max((one.oldest_seconds or 0 for one in self.databases.values()), default=0)

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return {"ok": self.ok, **asdict(self)}


def health() -> Health:
    """Look at each outbox and at the store. Never raises for what is down: that is a finding."""
    status = _status()
    found: dict[str, Database] = {}
    told = [*status.findings, *fallback.findings()]
    for alias in outbox.aliases():
        try:
            if backlog.migrated(alias):
                found[alias] = database(alias)
                told += backlog.findings(alias)
        except DatabaseError as error:
            told.append(Finding("error", f"{alias}: the database does not answer ({type(error).__name__})."))
    return Health(found, status.events, fallback.waiting(), told)


def database(alias: str) -> Database:
    """Look at the outbox of one database."""
    age = backlog.oldest_age(alias)
    kept = outbox.keep_hours(delivery.embedded()) * 60 >= MINUTES
    return Database(
        delivery.mode(alias),
        backlog.counts(alias),
        None if age is None else round(age.total_seconds(), 3),
        _captured(alias) / MINUTES if kept else None,
        _shipped(alias) / MINUTES if kept else None,
        last_error(alias),
    )


def last_error(alias: str) -> str:
    """Why the row waits that was tried most often, in the words of the table of answers; "" where none was refused."""
    rows = OutboxRow.objects.using(alias).filter(state=State.WAITING).exclude(error="").order_by("-attempts")
    return rows.values_list("error", flat=True).first() or ""


def _shipped(alias: str) -> int:
    since = Now() - timedelta(minutes=MINUTES)
    return OutboxRow.objects.using(alias).filter(state=State.SHIPPED, not_before__gte=since).count()


def _captured(alias: str) -> int:
    since = Now() - timedelta(minutes=MINUTES)
    rows = OutboxRow.objects.using(alias).filter(created_at__gte=since)
    # Who was captured since then was shipped since then: the index by turn finds both.
    return rows.filter(state__in=[State.SHIPPED, State.WAITING], not_before__gte=since).count()


def _status() -> Status:
    try:
        return get_backend().status()
    except AuditSearchError as error:
        return Status(findings=[Finding("error", str(error))])
