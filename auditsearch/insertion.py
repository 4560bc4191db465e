"""The one INSERT of a captured call: its text, how many rows go into one, and the shortest way to the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models.functions import Now

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


def execute(connection: Any, rows: Sequence[NewRow]) -> None:
    """Write rows by one INSERT. Raises the errors of `django.db`.

    For SQLite, Django's own cursor costs twice what the INSERT does, so it is used only where somebody listens to it.
    """
    values = [value for row in rows for value in row]
    direct = connection.vendor == "sqlite" and connection.connection is not None
    if not direct or connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(statement(connection.vendor, len(rows)), values)
        return
    connection.validate_thread_sharing()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, closing(connection.connection.cursor()) as cursor:
        cursor.execute(_undressed(len(rows)), values)


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


@lru_cache(maxsize=256)
def _undressed(n: int) -> str:
    """Return the INSERT as SQLite's own cursor takes it."""
    return statement("sqlite", n) % (("?",) * n * len(COLUMNS))
