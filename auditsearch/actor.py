"""Who acts: a user's id and name, and whoever acts in a user's place."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest


class Actor(NamedTuple):
    """The acting user: id as text, and name; both None where nobody is signed in."""

    suid: str | None = None
    user: str | None = None


NOBODY = Actor()

NAMES = "auditsearch_names"
"""Key of a session: {id: name} of those who began there to act for somebody else."""


def actor_of(user: Any) -> Actor:
    """Return id and name of a user object; anonymous users and None have neither. A name stands for itself."""
    if isinstance(user, str):
        return Actor(None, user)
    if user is None or not user.is_authenticated:
        return NOBODY
    return Actor(str(user.pk), user.get_username())


def impersonator_of(request: HttpRequest) -> Actor | None:
    """Return who acts in the place of the request's user, as django-impersonate, -hijack and -loginas tell it.

    django-hijack and django-loginas keep the id only; the name is the one that `remember` was given when it began.
    """
    user = getattr(request, "user", None)
    if (impersonator := getattr(request, "impersonator", None)) is not None:
        return actor_of(impersonator)
    if getattr(user, "is_hijacked", False):
        history = request.session.get("hijack_history") or [None]
        return _remembered(request, history[0])
    return _logged_in_as(request) if apps.is_installed("loginas") else None


def remember(request: HttpRequest | None, user: Any) -> None:
    """Keep in the session what a user is called who begins to act for somebody else."""
    session = getattr(request, "session", None)
    if session is not None:
        session[NAMES] = session.get(NAMES, {}) | {str(user.pk): user.get_username()}


def _remembered(request: HttpRequest, key: Any) -> Actor:
    return NOBODY if key is None else Actor(str(key), request.session.get(NAMES, {}).get(str(key)))


def _logged_in_as(request: HttpRequest) -> Actor | None:
    """Return whose id django-loginas has signed into the session."""
    session = getattr(request, "session", None) or {}
    signed = session.get(getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user"))
    try:
        return _remembered(request, TimestampSigner().unsign(signed)) if signed else None
    except BadSignature:
        return None
