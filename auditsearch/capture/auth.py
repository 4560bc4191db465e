"""Sign-ins: login, logout and failed login, by Django's own signals. Nothing here can keep anybody from signing in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import DEFAULT_DB_ALIAS, transaction

from auditsearch.capture.actions import about
from auditsearch.capture.record import Record, write
from auditsearch.conf import settings
from auditsearch.context import actor_of, ip_of
from auditsearch.enums import EventCode

logger = logging.getLogger("auditsearch")


def connect() -> None:
    """Listen to Django's three signals."""
    for signal, receiver in (
        (user_logged_in, logged_in),
        (user_logged_out, logged_out),
        (user_login_failed, login_failed),
    ):
        signal.connect(receiver, dispatch_uid="auditsearch")


def logged_in(sender: Any, request: Any = None, user: Any = None, **_: Any) -> None:
    """Write `login`."""
    _write(EventCode.LOGIN, request, lambda draft: _by(draft, user, "logged in"))


def logged_out(sender: Any, request: Any = None, user: Any = None, **_: Any) -> None:
    """Write `logout`; of somebody who was not signed in there is nothing to tell."""
    if user is not None:
        _write(EventCode.LOGOUT, request, lambda draft: _by(draft, user, "logged out"))


def login_failed(sender: Any, credentials: Any = None, request: Any = None, **_: Any) -> None:
    """Write `login_failed` with the name that was tried; of the credentials nothing else is looked at."""

    def fill(draft: Record) -> None:
        given = credentials or {}
        name = given.get(get_user_model().USERNAME_FIELD) or given.get("username") or ""
        draft.context_data["username"] = name
        draft.level = "WARNING"
        draft.verbose = f"{name or 'Somebody'} failed to log in"

    _write(EventCode.LOGIN_FAILED, request, fill)


def _by(draft: Record, user: Any, what: str) -> None:
    draft.suid, draft.user = actor_of(user)
    about(draft, user)
    draft.verbose = f"{draft.user} {what}"


def _write(code: EventCode, request: Any, fill: Callable[[Record], None]) -> None:
    if not settings.ENABLED:
        return
    try:
        draft = Record(code.value)
        draft.place()
        draft.ip = draft.ip or (ip_of(request) if request is not None else None)
        fill(draft)
        with transaction.atomic(using=settings.DATABASE or DEFAULT_DB_ALIAS):
            write(DEFAULT_DB_ALIAS, [draft])
    except Exception:
        logger.exception("A sign-in was not audited", extra={"action": code.value})
