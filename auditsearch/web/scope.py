"""What somebody may see and do on the web: each question of each page starts from here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.module_loading import import_string

from auditsearch.conf import settings
from auditsearch.exceptions import ConfigurationError
from auditsearch.logs.catalog import visible
from auditsearch.search import Events


@dataclass(frozen=True)
class Scope:
    """`events` are all that `user` may see; `key` is what cursors are bound to beside the question."""

    user: Any
    events: Events
    key: str
    unmask: bool = False
    export: bool = False
    share: bool = False


def scope(request: HttpRequest) -> Scope:
    """Return the scope of a request whose user is known.

    Raises ConfigurationError where VISIBLE_EVENTS does not answer with a Q.
    """
    user: Any = request.user
    events = Events().filter(visible(user), _allowed(request))
    unmask = user.has_perm("auditsearch.unmask")
    return Scope(
        user,
        events.unmasked() if unmask else events,
        hashlib.sha256(repr((str(user.pk), events.tree)).encode()).hexdigest()[:32],
        unmask=unmask,
        export=user.has_perm("auditsearch.export"),
        share=user.has_perm("auditsearch.share"),
    )


def _allowed(request: HttpRequest) -> Q:
    """What the site's own rule leaves; an empty Q without a rule."""
    path = settings.VISIBLE_EVENTS
    if path is None:
        return Q()
    question = import_string(path)(request)
    if not isinstance(question, Q):
        raise ConfigurationError(
            f"{path}, the VISIBLE_EVENTS of the settings, must return a django.db.models.Q, not a "
            f"{type(question).__name__}; Q() is every event, Q(id__in=[]) none."
        )
    return question
