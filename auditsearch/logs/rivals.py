"""Rows of other audit libraries as events: Data Logging, django-auditlog, django-easy-audit, django-simple-history."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from auditsearch.logs.names import Names, historical, object_key

Values = dict[str, Any]

USUAL = {"event_type": "undefined", "system_type": "undefined", "level": "INFO"}

VERBS = {"insert": "created", "update": "changed", "delete": "deleted"}
HISTORY = {"+": "insert", "~": "update", "-": "delete"}
EASY = {1: "insert", 2: "update", 3: "delete"}
EASY_M2M = {4: "change", 5: "change", 6: "add", 7: "add", 8: "remove", 9: "remove", 10: "clear", 11: "clear"}
AUDITLOG_CODES = {0: "insert", 1: "update", 2: "delete", 3: "access"}
LOGINS = {0: "login", 1: "logout", 2: "login_failed"}


@dataclass(frozen=True)
class Reader:
    """How one kind of table is read: `keys` order it, `identity` names a row for ever, `dump` is its model's label."""

    table: str
    convert: Callable[[Values, Values, Names, str], Values]
    keys: tuple[str, ...] = ("id",)
    identity: tuple[str, ...] = ("id",)
    dump: str | None = None
    sites_zone: bool = True


def datalogging(row: Values, before: Values, names: Names, table: str) -> Values:
    """A row of Data Logging, all of it: labels of fields stay in the context."""
    context = _tree(row.get("context_data"))
    suid = row.get("suid")
    return {
        "timestamp": row["timestamp"],
        "event_code": row.get("event_code"),
        "event_type": row.get("event_type") or "undefined",
        "system_type": row.get("system_type") or "undefined",
        "object_type": row.get("object_type"),
        "object_id": _text(row.get("object_id")),
        "request_token": row.get("request_token"),
        "suid": _text(suid),
        "ip": row.get("ip"),
        "verbose": row.get("verbose"),
        "context_data": context if isinstance(context, dict) else {"context_data": context},
        "object_snapshot": _dict(_tree(row.get("object_snapshot"))),
    }


def auditlog(row: Values, before: Values, names: Names, table: str) -> Values:
    """A LogEntry: changes as diff, the values of a new or deleted object as its snapshot."""
    code = AUDITLOG_CODES.get(row["action"], str(row["action"]))
    changes = _dict(_tree(row.get("changes")) or _tree(row.get("changes_text")))
    user = names.user(row["actor_id"]) or row.get("actor_email")
    context: Values = {"additional_data": _tree(row.get("additional_data"))}
    stored = _dict(_tree(row.get("serialized_data"))).get("fields")
    if code in ("insert", "delete"):
        snapshot = {name: pair[code == "insert"] for name, pair in changes.items() if _is_pair(pair)}
    else:
        snapshot, context["diff"] = {}, {name: _changed(pair) for name, pair in changes.items()}
    fields = _object(code, names.model(row["content_type_id"]), row["object_pk"], row["object_repr"], user, changes)
    return fields | {
        "timestamp": row["timestamp"],
        "suid": _text(row["actor_id"]),
        "user": user,
        "ip": row.get("remote_addr"),
        "request_token": row.get("cid"),
        "context_data": _kept(context),
        "object_snapshot": _dict(stored) or snapshot,
    }


def easy_change(row: Values, before: Values, names: Names, table: str) -> Values:
    """A CRUDEvent; those of many-to-many relations are updates with the operation in the context."""
    code = EASY.get(row["event_type"], "update")
    changes = _dict(_tree(row.get("changed_fields")))
    objects = _tree(row.get("object_json_repr"))
    snapshot = objects[0].get("fields") if isinstance(objects, list) and objects else None
    key = row.get("user_id") or row.get("user_pk_as_string") or None
    user = names.user(row.get("user_id"))
    context = {"diff": changes or None, "many_to_many": EASY_M2M.get(row["event_type"])}
    fields = _object(code, names.model(row["content_type_id"]), row["object_id"], row["object_repr"], user, changes)
    return fields | {
        "timestamp": row["datetime"],
        "suid": _text(key),
        "user": user,
        "context_data": _kept(context),
        "object_snapshot": _dict(snapshot),
    }


def easy_login(row: Values, before: Values, names: Names, table: str) -> Values:
    """A LoginEvent."""
    code = LOGINS.get(row["login_type"], str(row["login_type"]))
    return {
        "timestamp": row["datetime"],
        "event_code": code,
        "suid": _text(row["user_id"]),
        "user": row["username"] or names.user(row["user_id"]),
        "ip": row["remote_ip"],
        "verbose": f"{row['username']} {code.replace('_', ' ')}",
    }


def easy_request(row: Values, before: Values, names: Names, table: str) -> Values:
    """A RequestEvent, with the code `request`."""
    return {
        "timestamp": row["datetime"],
        "event_code": "request",
        "suid": _text(row["user_id"]),
        "user": names.user(row["user_id"]),
        "ip": row["remote_ip"],
        "verbose": f"{row['method']} {row['url']}",
        "context_data": _kept({name: row[name] for name in ("method", "url", "query_string")}),
    }


def history(row: Values, before: Values, names: Names, table: str) -> Values:
    """A row of a historical model; the diff of an update is that to the object's row before it."""
    code = HISTORY.get(row["history_type"], str(row["history_type"]))
    own = {name: value for name, value in row.items() if not name.startswith("history_")}
    key, model = object_key(table), historical(table)
    changes: Values = {}
    if code == "update" and before.get(key) == row[key]:
        changes = {name: [before.get(name), value] for name, value in own.items() if before.get(name) != value}
    user = names.user(row.get("history_user_id"))
    object_type = model.instance_type._meta.label if model else table.replace("_historical", ".", 1)
    reason = row.get("history_change_reason")
    fields = _object(code, object_type, row[key], None, user, changes)
    return fields | {
        "timestamp": row["history_date"],
        "suid": _text(row.get("history_user_id")),
        "user": user,
        "context_data": _kept({"diff": changes or None, "reason": reason}),
        "object_snapshot": own,
    }


DATALOGGING = Reader("data_logging", datalogging, identity=("guid",), dump="datalogging.datalog", sites_zone=False)
AUDITLOG = Reader("auditlog_logentry", auditlog)
EASY_CHANGES = Reader("easyaudit_crudevent", easy_change)
EASY_LOGINS = Reader("easyaudit_loginevent", easy_login)
EASY_REQUESTS = Reader("easyaudit_requestevent", easy_request)
SIMPLE_HISTORY = Reader("..._historical...", history, keys=("history_id",), identity=("history_id",))


def _object(code: str, kind: str | None, key: Any, text: str | None, user: str | None, changes: Values) -> Values:
    """The fields that tell of an object, and a sentence."""
    subject = f"{(kind or '').rpartition('.')[2]} {key}".strip()
    verb = VERBS.get(code, code)
    sentence = f"{user} {verb} {subject}" if user else f"{subject} {verb}"
    if changes and code == "update":
        sentence += f": {', '.join(changes)}"
    return {
        "event_code": code,
        "object_type": kind,
        "object_id": _text(key),
        "object_label": text,
        "verbose": sentence,
    }


def _tree(value: Any) -> Any:
    """JSON that a column holds as text on some databases, as values on others; what is none stays text."""
    if not isinstance(value, str) or not value:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _changed(change: Any) -> Any:
    """`[old, new]`, or of a many-to-many field what came and went."""
    if isinstance(change, dict) and change.get("type") == "m2m":
        added = change.get("operation") == "add"
        objects = change.get("objects", [])
        return {"added": objects if added else [], "removed": [] if added else objects}
    return change


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _dict(value: Any) -> Values:
    return dict(value) if isinstance(value, Mapping) else {}


def _kept(values: Values) -> Values:
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
