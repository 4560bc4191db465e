"""Background tasks: a message carries who sent it, from which request, and the worker's events tell the same.

Celery needs nothing but `auditsearch` in INSTALLED_APPS. For dramatiq, add the middleware to the application's broker:

    broker.add_middleware(DramatiqMiddleware())
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib.util import find_spec
from typing import Any

from auditsearch.context import (
    NOBODY,
    Actor,
    circumstances,
    get_request_token,
    origin,
    running_scope,
    token_scope,
)
from auditsearch.enums import SystemEnum
from auditsearch.event import new_id

HEADER = "auditsearch"
"""Name under which a message carries it: `[token, client's request id, suid, user, ip, reason]`."""

Carried = list[str | None]
_scopes: dict[int | str, ExitStack] = {}


def carried() -> Carried:
    """Return what a message that is sent now is to carry."""
    found = circumstances()
    return [*origin(), (found[1].get("reason") if found else None)]


def begin(key: int | str, name: str, task_id: str, message: Any) -> None:
    """Let events tell that a task runs, and who sent it; until `end(key)`.

    Without a message's own header (a schedule sent it) the task has a token of its own, and nobody acts.
    """
    scopes = _scopes[key] = ExitStack()
    context, actor, ip = {"task": name, "task_id": task_id}, NOBODY, None
    if isinstance(message, list | tuple) and len(message) == 6:
        token, client_id, suid, user, ip, reason = message
        actor = Actor(suid, user)
        context |= {"reason": reason} if reason else {}
        scopes.enter_context(token_scope(token or _token(), client_id))
    elif get_request_token() is None:
        scopes.enter_context(token_scope(_token()))
    scopes.enter_context(running_scope(SystemEnum.TASK.value, context, actor, ip))


def end(key: int | str) -> None:
    """Forget the task again."""
    if (scopes := _scopes.pop(key, None)) is not None:
        scopes.close()


def connect() -> None:
    """Listen to Celery's signals, where Celery is installed."""
    if find_spec("celery") is None:
        return
    from celery import signals

    signals.before_task_publish.connect(_published, weak=False, dispatch_uid="auditsearch")
    signals.task_prerun.connect(_began, weak=False, dispatch_uid="auditsearch")
    signals.task_postrun.connect(_ended, weak=False, dispatch_uid="auditsearch")


def _published(headers: Any = None, **_: Any) -> None:
    if isinstance(headers, dict):
        headers[HEADER] = carried()


def _began(task_id: str, task: Any, **_: Any) -> None:
    begin(task_id, task.name, task_id, getattr(task.request, HEADER, None))


def _ended(task_id: str, **_: Any) -> None:
    end(task_id)


class DramatiqMiddleware:
    """Carries token and actor with dramatiq's messages; it needs nothing of dramatiq's own to be imported."""

    actor_options: frozenset[str] = frozenset()
    forks: tuple[Any, ...] = ()

    def before_enqueue(self, broker: Any, message: Any, delay: Any) -> None:
        """Give a message what it is to carry; one that is sent again keeps what it has."""
        message.options.setdefault(HEADER, carried())

    def before_process_message(self, broker: Any, message: Any) -> None:
        """Begin."""
        begin(message.message_id, message.actor_name, message.message_id, message.options.get(HEADER))

    def after_process_message(self, broker: Any, message: Any, **_: Any) -> None:
        """End."""
        end(message.message_id)

    def after_skip_message(self, broker: Any, message: Any) -> None:
        """End."""
        end(message.message_id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("before_", "after_")):
            return _nothing
        raise AttributeError(name)


def _nothing(*_: Any, **__: Any) -> None: ...


def _token() -> str:
    return new_id(time.time_ns() // 1000)
