"""Lines of JSON: those of `AuditFormatter` as they are, others by the names that most libraries give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from auditsearch import canonical
from auditsearch.event import ENVELOPE_STRINGS, STORED
from auditsearch.logs import ecs

NAMES = {
    "verbose": ("message", "msg", "event", "@message"),
    "level": ("level", "levelname", "severity", "log.level", "loglevel"),
    "logger": ("logger", "logger_name", "name", "log.logger"),
    "user": ("user", "user_name", "username", "user.name"),
    "suid": ("user_id", "user.id"),
    "ip": ("ip", "client_ip", "remote_addr", "source.ip"),
    "request_token": ("request_id", "trace_id", "trace.id", "correlation_id"),
    "event_code": ("event_code", "event.action", "action"),
}
"""Attribute of an event -> names under which other libraries write it; the first one that is there is taken."""

TIMES = ("@timestamp", "timestamp", "time", "asctime", "ts", "datetime", "date")

LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
"""Numbers of Python's levels; bunyan and pino count alike."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ATTRIBUTES = {stored: name for name, stored in STORED.items()}


def parse(text: str) -> dict[str, Any] | None:
    """Return the fields of a line by the names of `Event`'s attributes, with `id` where it is one of ours."""
    try:
        tree = canonical.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict):
        return None
    if "ecs.version" in tree and "event.id" in tree:
        tree = _of_ecs(tree)
    return _own(tree) if tree is not None and _is_own(tree) else _strange(tree) if tree is not None else None


def _of_ecs(tree: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return ecs.read(tree)
    except (KeyError, ValueError, TypeError):
        return None


def _is_own(tree: Mapping[str, Any]) -> bool:
    known = isinstance(tree.get("id"), str) and _ID.fullmatch(tree["id"])
    return bool(known) and type(tree.get("ts")) is int and "schema" in tree


def _own(tree: Mapping[str, Any]) -> dict[str, Any] | None:
    """A line of ours: what is no member of an event, or not of its type, goes to the context."""
    moment = _moment(tree["ts"] / 1_000_000) if abs(tree["ts"]) < 10**17 else None
    if moment is None:
        return None
    fields: dict[str, Any] = {"id": tree["id"], "ts": tree["ts"], "timestamp": moment}
    context = tree.get("context", {})
    more = {"context": context} if not isinstance(context, dict) else dict(context)
    for name, value in tree.items():
        if name in ENVELOPE_STRINGS and isinstance(value, str):
            fields[_ATTRIBUTES[name]] = value
        elif name == "snapshot" and isinstance(value, dict):
            fields["object_snapshot"] = value
        elif name not in ("id", "ts", "schema", "context"):
            more[name] = value
    return fields | {"context_data": more}


def _strange(tree: dict[str, Any]) -> dict[str, Any]:
    rest, fields = dict(tree), dict[str, Any]()
    for name in TIMES:
        if name in rest and (moment := _moment(rest[name])) is not None:
            fields["timestamp"] = moment
            del rest[name]
            break
    for attribute, names in NAMES.items():
        taken = next((name for name in names if isinstance(rest.get(name), str | int) and rest[name] != ""), None)
        if taken is not None:
            fields[attribute] = _text(attribute, rest.pop(taken))
    return fields | {"context_data": rest}


def _text(attribute: str, value: Any) -> str:
    if attribute == "level":
        return str(LEVELS.get(value, value)).upper()
    return str(value)


def _moment(value: Any) -> datetime | None:
    """ISO text, `2015-04-29 08:12:26,091`, or seconds or milliseconds since the epoch."""
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip().replace(",", "."))
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if abs(seconds) >= 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
