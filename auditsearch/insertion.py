"""The one INSERT of a captured call: its text, and how many rows go into one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models.functions import Now

from auditsearch import direct
from auditsearch.models import OutboxRow, State

NewRow = tuple[str, str, str, str | None]
"""event_id, partition, canonical, personal."""

COLUMNS = ("event_id", "partition", "canonical", "personal")
"""What an INSERT binds of each row; the rest is the same for all and stands in its text."""

MAX_ROWS, MAX_CHARACTERS = 1000, 4_000_000
"""Bounds of one INSERT beside the database's own: MariaDB takes 16 MB by default."""


def batches(rows: Sequence[NewRow], limit: int | None) -> Iterator[list[Any]]:
    """Cut what is to be written to the limit of parameters that a database has."""
    most = min(MAX_ROWS, limit // len(COLUMNS)) if limit else MAX_ROWS
    batch: list[Any] = []
    size = 0
    for row in rows:
        length = len(row[2]) + len(row[3] or "")
        if batch and (len(batch) == most or size + length > MAX_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def execute(connection: Any, rows: Sequence[NewRow], *, last: bool = False) -> None:
    """Write rows by one INSERT, maybe the `last` of its transaction. Raises the errors of `django.db`."""
    values = [value for row in rows for value in row]
    sql = statement(connection.vendor, len(rows))
    if not direct.sent(connection, sql, values, last=last):
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


@lru_cache(maxsize=256)
def statement(vendor: str, n: int) -> str:
    """Return the INSERT of `n` rows, as Django's cursor takes it."""
    connection = next(connection for connection in connections.all() if connection.vendor == vendor)
    now, _ = OutboxRow.objects.using(connection.alias).query.get_compiler(connection.alias).compile(Now())
    name = connection.ops.quote_name
    fixed = {"state": f"'{State.WAITING.value}'", "attempts": "0", "error": "''", "not_before": now, "created_at": now}
    columns = ", ".join(name(column) for column in (*COLUMNS, *fixed))
    values = ", ".join((*["%s"] * len(COLUMNS), *fixed.values()))
    return f"INSERT INTO {name(OutboxRow._meta.db_table)} ({columns}) VALUES {', '.join([f'({values})'] * n)}"  # noqa: S608 - our own words
