"""From a record of Python's logging to the members of an event: alike for the handler and for lines of JSON.

Works without Django's settings too, so that any service can write such lines.
"""

from __future__ import annotations

import copy
import logging
import traceback
from collections.abc import Mapping
from typing import Any

from auditsearch import canonical
from auditsearch.capture import mask
from auditsearch.conf import settings
from auditsearch.context import actor_of, circumstances, origin
from auditsearch.event import SCHEMA, new_id

CODE = "log"
"""The event code of what says none of its own."""

OWN = "auditsearch"
"""The logger of this library's own troubles, which never become events; `auditsearch.<log>` belongs to that log."""

TEXT = 65_536
"""Characters of a traceback that are kept, from its end."""

ID = "auditsearch_id"
"""Attribute of a record that has its event id, so that a handler and a file tell of one event."""

ENVELOPE = {
    "event_code": "event_code",
    "event_type": "event_type",
    "system_type": "system_type",
    "object_type": "object_type",
    "object_id": "object_id",
    "object_label": "object_label",
    "request_token": "request_token",
    "suid": "suid",
    "user": "user_name",
    "user_name": "user_name",
    "ip": "ip",
    "log": "log_name",
    "log_name": "log_name",
}
"""Keys of `extra` that are fields of the event, with their stored names."""

SENTENCE = ("verbose", "message", "msg", "event")
"""Keys of a message that is a dictionary: the first that says something is the event's sentence."""

_OF_LOGGING = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
_STANDARD = {*_OF_LOGGING, "request", "server_time", ID, "auditsearch_taken"}


def members(record: logging.LogRecord, log: str | None = None) -> dict[str, Any]:
    """Return the members of the event that `record` is, by stored names, masked and normalised; none is empty.

    Keys of `extra` (and of a message that is a dictionary) that are fields of the event are taken as such, `object`
    as the model instance that it is about, all others go to `context`.
    """
    given = _given(record)
    token, client_request_id, suid, user, ip = origin()
    system, around = circumstances() or (None, {})
    ts = round(record.created * 1_000_000)
    tree: dict[str, Any] = {
        "id": event_id(record, ts),
        "ts": ts,
        "schema": SCHEMA,
        "event_code": CODE,
        "event_type": "undefined",
        "system_type": system or "undefined",
        "request_token": token,
        "suid": suid,
        "user_name": user,
        "ip": ip,
        "log_name": log or log_of(record.name),
        "level": record.levelname,
        "logger": record.name,
        "verbose": mask.mask_text(canonical.text(message(record))),
    }
    instance = given.get("object")
    tree.update(_envelope(given))
    if client_request_id is not None:
        around["client_request_id"] = client_request_id
    if context := around | given | _trouble(record):
        tree["context"] = mask.masked_context(_form(context))
    if hasattr(instance, "_meta"):
        tree.update(_unsaid_of(instance, tree))
    return {name: value for name, value in tree.items() if value}


def heard_of(record: logging.LogRecord) -> list[str]:
    """Return the texts by which personal values of the object of a record are known again."""
    instance = _given(record).get("object")
    if not settings.PERSONAL or not hasattr(instance, "_meta"):
        return []
    from auditsearch.capture.heard import heard  # models: not there yet when logging is configured
    from auditsearch.capture.label import no_queries
    from auditsearch.capture.unsaid import unwrapped

    with no_queries:
        return heard(unwrapped(instance))


def event_id(record: logging.LogRecord, ts: int) -> str:
    """Return the id of the event of this record, the same for each handler that it meets."""
    known = vars(record).get(ID)
    if known is None:
        known = vars(record)[ID] = new_id(ts)
    return str(known)


def log_of(name: str | None) -> str:
    """Return the log that a logger belongs to: `auditsearch.students` to students, all others to main."""
    start, _, rest = (name or "").partition(".")
    return rest.partition(".")[0] if start == OWN and rest else "main"


def message(record: logging.LogRecord) -> str:
    """Return the sentence of a record; where its arguments don't fit, the sentence and them as they are."""
    if isinstance(record.msg, Mapping):
        return str(record.msg.get(_sentence(record.msg)) or "")
    try:
        return _unsaid(record).getMessage()
    except Exception:  # arguments that don't fit, or a text that can't be made: the event is worth more than either
        return f"{canonical.normalise(record.msg)} {canonical.dumps(canonical.normalise(record.args))}"


def _unsaid(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record, of `%(password)s` a copy without the secret, which the sentence would not tell by its name."""
    if not isinstance(record.args, Mapping) or not any(mask.secret(str(name)) for name in record.args):
        return record
    found = copy.copy(record)
    found.args = {name: mask.hide(value) if mask.secret(str(name)) else value for name, value in record.args.items()}
    return found


def _given(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if isinstance(record.msg, Mapping):
        extra |= {str(key): value for key, value in record.msg.items() if key != _sentence(record.msg)}
    return extra


def _sentence(said: Mapping[str, Any]) -> str:
    return next((name for name in SENTENCE if said.get(name)), "")


def _envelope(given: dict[str, Any]) -> dict[str, Any]:
    """Take out of `given` what is the event's own fields, as text."""
    found: dict[str, Any] = {}
    if (instance := given.get("object")) is not None and hasattr(instance, "_meta"):
        found.update(_about(given.pop("object")))
    if (user := given.get("user")) is not None and hasattr(user, "is_authenticated"):
        found["suid"], found["user_name"] = actor_of(given.pop("user"))
    for name in ENVELOPE.keys() & given.keys():
        value = canonical.normalise(given.pop(name))
        text = value if isinstance(value, str) or value is None else canonical.dumps(value)
        found[ENVELOPE[name]] = text and mask.mask_text(text)
    return found


def _about(instance: Any) -> dict[str, Any]:
    from auditsearch.capture.keys import key_text
    from auditsearch.capture.label import label, no_queries  # models: not there yet when logging is configured
    from auditsearch.capture.unsaid import hides_key, unwrapped

    instance = unwrapped(instance)
    meta = instance._meta.concrete_model._meta
    with no_queries:
        text = label(instance)
    return {
        "object_type": f"{meta.app_label}.{meta.object_name}",
        "object_id": None if hides_key(instance) else key_text(instance.pk),
        "object_label": text,
    }


def _unsaid_of(instance: Any, tree: dict[str, Any]) -> dict[str, Any]:
    """Return sentence and context without the values that the object hides."""
    from auditsearch.capture.unsaid import tree_without_secrets, unwrapped

    said = {name: tree[name] for name in ("verbose", "context") if name in tree}
    return dict(tree_without_secrets(said, unwrapped(instance)))


def _trouble(record: logging.LogRecord) -> dict[str, Any]:
    """The exception and the stack that a record bears, masked."""
    found: dict[str, Any] = {}
    if not (record.exc_info or record.exc_text or record.stack_info):
        return found
    if record.exc_info and record.exc_info[1] is not None:
        kind, error, tracing = record.exc_info
        lines = "".join(traceback.format_exception(kind, error, tracing))
        name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        found["exception"] = {"type": name, "message": _text(error), "traceback": _masked(lines)}
    elif record.exc_text:
        found["exception"] = {"traceback": _masked(record.exc_text)}
    if record.stack_info:
        found["stack"] = _masked(record.stack_info)
    return found


def _is_plain(value: Any) -> bool:
    kind = type(value)
    return (kind is str and value.isascii()) or (kind is int and -(2**63) <= value < 2**63) or kind is bool


def _form(context: dict[str, Any]) -> Any:
    """The JSON form; most contexts are of short plain values, which have it."""
    if all(_is_plain(value) for value in context.values()):
        return context
    return canonical.normalise(context)


def _text(error: BaseException) -> str:
    form = canonical.scalar(error)
    return _masked(form if isinstance(form, str) else canonical.dumps(form))


def _masked(text: str) -> str:
    return mask.mask_text(canonical.text(text)[-TEXT:])
