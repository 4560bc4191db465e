"""Rows of the outbox for tests: usual events that wait."""

from __future__ import annotations

from typing import Any

from auditsearch import outbox
from auditsearch.event import new_id
from tests.factories import NOON, PARTITION, canonical


def append(n: int = 1, using: str = "default", **changes: Any) -> list[str]:
    """Put `n` usual events with `changes` into the outbox of a database; returns their ids."""
    ids = [new_id(NOON) for _ in range(n)]
    outbox.append(using, [(each, PARTITION, canonical(id=each, **changes), None) for each in ids])
    return ids
