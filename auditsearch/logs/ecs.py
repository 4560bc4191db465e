"""Names of the Elastic Common Schema (8.x, https://www.elastic.co/docs/reference/ecs) for the members of an event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from auditsearch.event import from_micros, micros

VERSION = "8.11"

NAMES = {
    "id": "event.id",
    "event_code": "event.action",
    "log_name": "event.dataset",
    "level": "log.level",
    "logger": "log.logger",
    "verbose": "message",
    "suid": "user.id",
    "user_name": "user.name",
    "ip": "source.ip",
    "request_token": "trace.id",
}
"""Stored name -> name in ECS; what has none stands under `auditsearch.`."""

_PREFIX = "auditsearch."
_ERROR = {"type": "error.type", "message": "error.message", "traceback": "error.stack_trace"}
_STORED = {name: stored for stored, name in NAMES.items()}


def written(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the members of an event under the names of ECS; nothing is lost."""
    line: dict[str, Any] = {"@timestamp": _iso(tree["ts"]), "ecs.version": VERSION}
    context = dict(tree.get("context", {}))
    error = context.get("exception")
    if isinstance(error, dict) and error and error.keys() <= _ERROR.keys():
        line |= {_ERROR[name]: value for name, value in context.pop("exception").items()}
    rest = tree | {"context": context}
    return line | {
        NAMES.get(name, _PREFIX + name): value for name, value in rest.items() if name != "ts" and value != {}
    }


def read(line: dict[str, Any]) -> dict[str, Any]:
    """Return the members, by stored names, of a line that `written` made."""
    tree: dict[str, Any] = {}
    error = {name: line[key] for name, key in _ERROR.items() if key in line}
    for name, value in line.items():
        if name in _STORED:
            tree[_STORED[name]] = value
        elif name.startswith(_PREFIX):
            tree[name.removeprefix(_PREFIX)] = value
    tree["ts"] = micros(datetime.fromisoformat(line["@timestamp"]))
    if error:
        tree["context"] = tree.get("context", {}) | {"exception": error}
    return tree


def _iso(ts: int) -> str:
    return from_micros(ts).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
