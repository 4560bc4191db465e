"""Sign-ins: login, logout and failed login, by Django's own signals. Nothing here can keep anybody from signing in."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed

from auditsearch.actor import remember
from auditsearch.capture.actions import about
from auditsearch.capture.named import fields_of
from auditsearch.capture.record import Record
from auditsearch.capture.system import tell
from auditsearch.context import actor_of
from auditsearch.enums import EventCode


def connect() -> None:
    """Listen to Django's three signals."""
    for signal, receiver in (
        (user_logged_in, logged_in),
        (user_logged_out, logged_out),
        (user_login_failed, login_failed),
    ):
        signal.connect(receiver, dispatch_uid="auditsearch")


def logged_in(sender: Any, request: Any = None, user: Any = None, **_: Any) -> None:
    """Write `login`. With django-loginas, whoever was signed in until now may go on acting for the new user."""
    former = vars(request).get("_cached_user") if request is not None and apps.is_installed("loginas") else None
    if former is not None and former.is_authenticated and former.pk != user.pk:
        remember(request, former)
    tell(EventCode.LOGIN, lambda draft: _by(draft, user, "logged in"), request=request)


def logged_out(sender: Any, request: Any = None, user: Any = None, **_: Any) -> None:
    """Write `logout`; of somebody who was not signed in there is nothing to tell."""
    if user is not None:
        tell(EventCode.LOGOUT, lambda draft: _by(draft, user, "logged out"), request=request)


def login_failed(sender: Any, credentials: Any = None, request: Any = None, **_: Any) -> None:
    """Write `login_failed` with the name that was tried; of the credentials nothing else is looked at."""

    def fill(draft: Record) -> None:
        given = credentials or {}
        name = given.get(get_user_model().USERNAME_FIELD) or given.get("username") or ""
        draft.context_data["username"] = name
        if any(path[0] == get_user_model().USERNAME_FIELD for path in fields_of(get_user_model()._meta.label)):
            draft.heard = [str(name)]
        draft.level = "WARNING"
        draft.verbose = f"{name or 'Somebody'} failed to log in"

    tell(EventCode.LOGIN_FAILED, fill, request=request)


def _by(draft: Record, user: Any, what: str) -> None:
    draft.suid, draft.user = actor_of(user)
    about(draft, user)
    draft.verbose = f"{draft.user} {what}"
