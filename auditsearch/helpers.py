"""Small helpers for an application's own code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import models

from auditsearch import canonical, context
from auditsearch.capture.diff import Plan, concrete, plans
from auditsearch.capture.fields import UNKNOWN

P = ParamSpec("P")
R = TypeVar("R")


def get_snapshot(instance: models.Model) -> dict[str, Any]:
    """Return the state of a model instance as an event shows it: values by attname, secrets masked.

    What only the database knows (deferred fields, expressions) is left out; nothing is asked.
    """
    table = concrete(type(instance))
    plan = plans.get(table) or Plan(table)
    row = plan.read(instance.__dict__)
    unknown = {plan.attnames[i] for i, value in enumerate(row) if value is UNKNOWN}
    snapshot = plan.snapshot([None if value is UNKNOWN else value for value in row])
    known = {name: value for name, value in snapshot.items() if name not in unknown}
    return dict(canonical.loads(canonical.dumps(canonical.normalise(known))))


def is_server_mode() -> bool:
    """Return whether a server is at work: a request, a task, a server's process; no shell, command or migration."""
    if context.get_request() is not None:
        return True
    running = context.running()
    if running is not None:
        return "task" in running.context
    return not hasattr(sys, "ps1") and not sys.flags.interactive


def only_server_mode(func: Callable[P, R]) -> Callable[P, R | None]:
    """Let a function run in server mode only; elsewhere it does nothing and returns None."""

    @wraps(func)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        return func(*args, **kwargs) if is_server_mode() else None

    return guarded


def memorize_user(user: Any) -> None:
    """Let `user` be the one who acts where nobody is signed in: until this request ends, outside of one in this thread.

    None forgets.
    """
    context.memorize(user)


def remember_user() -> Any:
    """Return the user that `memorize_user` was given in this request or thread, None without one."""
    return context.memorized()
