"""Events for tests: `event(user="Anna")` is a whole document that differs from the usual one in what is named."""

from __future__ import annotations

from typing import Any

from auditsearch.canonical import dumps, loads, normalise
from auditsearch.capture.personal import committed
from auditsearch.conf import settings
from auditsearch.document import Document, document
from auditsearch.event import STORED, new_id

NOON = 1_795_348_800_000_000  # 2026-11-22T12:00:00Z in microseconds
PARTITION = "auditsearch-2026.11"

USUAL: dict[str, Any] = {
    "ts": NOON,
    "schema": 1,
    "event_code": "update",
    "event_type": "undefined",
    "system_type": "undefined",
    "object_type": "shop.Order",
    "object_id": "7",
    "object_label": "Order 7",
    "suid": "12",
    "user_name": "Anna",
    "log_name": "main",
    "level": "INFO",
}


def canonical(**changes: Any) -> str:
    """The canonical text of the usual event with `changes`, by attribute or stored name; None leaves a member out."""
    tree = USUAL | {STORED.get(name, name): value for name, value in changes.items()}
    tree.setdefault("id", new_id(tree["ts"]))
    return dumps({name: normalise(value) for name, value in tree.items() if value is not None})


def event(*, partition: str = PARTITION, **changes: Any) -> Document:
    """The document of `canonical(**changes)`, its personal values apart."""
    text, personal = canonical(**changes), None
    if settings.PERSONAL:
        members, personal = committed({name: normalise(value) for name, value in loads(text).items()})
        text = dumps(members)
    return document(text, partition, personal)
