"""The application's handlers, asked in the order in which they were connected.

What a handler raises is counted here and logged by Django; the event is written without it. Events that a handler
itself causes are written too, but no handler is asked about them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import DatabaseError, connections, models

from auditsearch.capture import mask
from auditsearch.capture.unsaid import without_secrets
from auditsearch.context import get_request
from auditsearch.signals import (
    AuditSignal,
    log_context_signal,
    msg_for_log_signal,
    post_snapshot_signal,
    post_system_event_signal,
)

if TYPE_CHECKING:
    from auditsearch.capture.record import Record

failures: Counter[str] = Counter()
"""How often handlers of each signal have raised, or answered with what it cannot take, in this process."""

_NAMES = {
    id(msg_for_log_signal): "msg_for_log_signal",
    id(log_context_signal): "log_context_signal",
    id(post_snapshot_signal): "post_snapshot_signal",
    id(post_system_event_signal): "post_system_event_signal",
}
_GO_ON = ("sqlite", "mysql", "oracle")
_asking: ContextVar[bool] = ContextVar("auditsearch_handlers", default=False)


def context(draft: Record) -> None:
    """Ask where the event comes from, and merge the answers into the draft."""
    draft.ready = False
    for answer in _answers(log_context_signal, None, Mapping, request=get_request()):
        for name, value in answer.items():
            if name not in ("suid", "system_type", "event_type"):
                draft.context_data[name] = value
            elif value is not None:
                _place(draft, name, str(value))


def finish(drafts: Sequence[Record]) -> None:
    """Ask for each draft's sentence, then show it to who may change or drop it."""
    if _asking.get():
        return
    for draft in drafts:
        if msg_for_log_signal.receivers:
            _sentence(draft)
        signal = post_system_event_signal if draft.system else post_snapshot_signal
        if signal.receivers:
            _show(draft, signal)
        draft.ready = False  # what handlers have put in is masked and made fit for JSON as any other value
        draft.verbose = draft.verbose and mask.mask_text(_unsaid(draft))


def connected() -> bool:
    """Return whether there is anybody to ask once a draft is complete."""
    return bool(msg_for_log_signal.receivers or post_snapshot_signal.receivers or post_system_event_signal.receivers)


def _sentence(draft: Record) -> None:
    asked = {"model_instance": None if draft.system else _about(draft), "fields_dict": dict(draft.object_snapshot)}
    for answer in _answers(msg_for_log_signal, _sender(draft), object, log_record=draft, **asked):
        draft.verbose = str(answer)


def _unsaid(draft: Record) -> str:
    """Return the sentence that the handlers left, which may tell of the object what MASK hides."""
    text = str(draft.verbose)
    return without_secrets(text, draft.instance) if isinstance(draft.instance, models.Model) else text


def _show(draft: Record, signal: AuditSignal) -> None:
    ts = draft.ts
    more = {"action": draft.action, "request": get_request()} if draft.system else {}
    _answers(signal, _sender(draft), object, log_record=draft, **more)
    if type(draft.ts) is not int:
        draft.ts = ts
    for name in ("context_data", "object_snapshot"):
        given = getattr(draft, name)
        if not isinstance(given, dict):
            setattr(draft, name, {"value": given} if given else {})


def _answers(signal: AuditSignal, sender: Any, kind: type, **asked: Any) -> list[Any]:
    """Return what the handlers answered, in their order, but None and what is not of `kind`."""
    if _asking.get():
        return []
    reset = _asking.set(True)
    try:
        with _unharmed() as errors:
            answers = [answer for _, answer in signal.send_robust(sender, **asked)]
            errors += [answer for answer in answers if isinstance(answer, Exception)]
    finally:
        _asking.reset(reset)
    right = [answer for answer in answers if isinstance(answer, kind) and not isinstance(answer, Exception)]
    failures[_NAMES[id(signal)]] += sum(answer is not None for answer in answers) - sum(map(_said, right))
    return [answer for answer in right if answer is not None]


def _said(answer: Any) -> bool:
    return answer is not None


@contextmanager
def _unharmed() -> Iterator[list[Exception]]:
    """Keep the caller's transaction usable where a query of a handler fails, on databases that give it up then."""
    errors: list[Exception] = []
    savepoints: dict[str, str | None] = {}

    def before(execute: Any, sql: Any, params: Any, many: Any, given: Any) -> Any:
        connection = given["connection"]
        if connection.in_atomic_block and connection.alias not in savepoints:
            savepoints[connection.alias] = None  # the statement that makes it comes here, too
            savepoints[connection.alias] = connection.savepoint()
        return execute(sql, params, many, given)

    watched = [each for each in connections.all(initialized_only=True) if each.vendor not in _GO_ON]
    for connection in watched:
        connection.execute_wrappers.append(before)
    try:
        yield errors
    finally:
        for connection in watched:
            connection.execute_wrappers.remove(before)
        for alias, savepoint in savepoints.items():
            _end(connections[alias], savepoint, any(isinstance(error, DatabaseError) for error in errors))


def _end(connection: Any, savepoint: str | None, failed: bool) -> None:
    if savepoint is not None and connection.in_atomic_block:
        (connection.savepoint_rollback if failed else connection.savepoint_commit)(savepoint)


def _place(draft: Record, name: str, value: str) -> None:
    if name == "suid" and value != draft.suid:
        draft.user = None  # the name is that of somebody else
    setattr(draft, name, value)


def _about(draft: Record) -> Any:
    """Return the object that an event tells of; of many objects together, their model."""
    return draft.instance if draft.instance is not None else _model(draft)


def _sender(draft: Record) -> Any:
    return type(draft.instance) if draft.instance is not None else None if draft.system else _model(draft)


def _model(draft: Record) -> Any:
    try:
        return apps.get_model(str(draft.object_type))
    except (LookupError, ValueError):
        return None
