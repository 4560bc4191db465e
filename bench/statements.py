"""Counting SQL statements by kind, as SQLite's own trace shows them, so that no way around Django hides one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

TRANSACTION = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"}


@contextmanager
def traced(connection: Any) -> Iterator[list[str]]:
    """The text of every statement that a Django connection runs inside the block, by SQLite's trace where it is one."""
    seen: list[str] = []
    if connection.vendor != "sqlite":
        with connection.execute_wrapper(partial(_note, seen)):
            yield seen
        return
    connection.connection.set_trace_callback(seen.append)
    try:
        yield seen
    finally:
        connection.connection.set_trace_callback(None)


def _note(seen: list[str], execute: Any, sql: str, *rest: Any) -> Any:
    seen.append(sql)
    return execute(sql, *rest)


def kind(sql: str) -> str:
    """`INSERT INTO "bench_patient" ...` as `INSERT bench_patient`, `SAVEPOINT "s1"` as `SAVEPOINT`."""
    verb = sql.split(None, 1)[0].rstrip(";").upper()
    found = re.search(r'(?:INTO|FROM|UPDATE)\s+"?(\w+)', sql, re.IGNORECASE)
    return verb if verb in TRANSACTION or not found else f"{verb} {found[1]}"


def real(counted: dict[str, int]) -> int:
    """All but the borders of transactions."""
    return sum(number for kind, number in counted.items() if kind not in TRANSACTION)


def borders(counted: dict[str, int]) -> int:
    """BEGIN, COMMIT, SAVEPOINT and RELEASE."""
    return sum(number for kind, number in counted.items() if kind in TRANSACTION)
