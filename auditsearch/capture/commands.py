"""Commands, shells and migrations: events tell which one runs, and whose account runs it."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db.migrations import Migration, RunPython

from auditsearch.capture import registry
from auditsearch.context import Actor, get_request_token, running_scope, token_scope
from auditsearch.enums import SystemEnum
from auditsearch.event import new_id

SERVING = frozenset({"runserver", "runserver_plus", "test", "testserver", "rundramatiq", "qcluster", "rqworker"})
"""Commands that run requests, tasks or tests: those tell for themselves."""

SHELLS = frozenset({"shell", "shell_plus", "notebook"})
"""Commands in which people type."""


def watch() -> None:
    """Let every command say that it runs."""
    _wrap(BaseCommand, "execute", _naming_command)
    _wrap(Migration, "apply", _naming_migration)
    _wrap(Migration, "unapply", _naming_migration)
    _wrap(RunPython, "database_forwards", _tracking("code"))
    _wrap(RunPython, "database_backwards", _tracking("reverse_code"))


@cache
def account() -> str:
    """Return the operating system's account, as an actor is named: `os:root`."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError, ImportError):  # a container whose user has no name
        return f"os:{os.getuid() if hasattr(os, 'getuid') else 'unknown'}"


def _wrap(owner: Any, name: str, around: Callable[[Callable[..., Any]], Any]) -> None:
    method = getattr(owner, name)
    if not hasattr(method, "auditsearch"):
        wrapper = around(method)
        wrapper.auditsearch, wrapper.__doc__ = True, method.__doc__
        setattr(owner, name, wrapper)


def _naming_command(execute: Callable[..., Any]) -> Any:
    def executed(self: BaseCommand, *args: Any, **options: Any) -> Any:
        name = type(self).__module__.rpartition(".")[2]
        if name in SERVING:
            return execute(self, *args, **options)
        kind = SystemEnum.SHELL if name in SHELLS else SystemEnum.COMMAND
        with ExitStack() as scopes:
            if get_request_token() is None:
                scopes.enter_context(token_scope(new_id(time.time_ns() // 1000)))
            scopes.enter_context(running_scope(kind.value, {"command": name}, Actor(None, account())))
            return execute(self, *args, **options)

    return executed


def _naming_migration(apply: Callable[..., Any]) -> Any:
    def applied(self: Migration, *args: Any, **options: Any) -> Any:
        context = {"command": "migrate", "migration": f"{self.app_label}.{self.name}"}
        with running_scope(SystemEnum.MIGRATION.value, context, Actor(None, account())):
            return apply(self, *args, **options)

    return applied


def _tracking(name: str) -> Callable[[Callable[..., Any]], Any]:
    """Track the models as they were then, while a migration's own code changes their rows."""

    def around(run: Callable[..., Any]) -> Any:
        def ran(self: RunPython, *args: Any, **options: Any) -> Any:
            code = getattr(self, name)
            if code is None:
                return run(self, *args, **options)
            setattr(self, name, partial(_tracked, code))
            try:
                return run(self, *args, **options)
            finally:
                setattr(self, name, code)

        return ran

    return around


def _tracked(code: Callable[..., Any], apps: Any, schema_editor: Any) -> Any:
    with registry.as_they_were(apps):
        return code(apps, schema_editor)
