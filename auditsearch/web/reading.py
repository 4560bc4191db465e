"""Reading the log is an event itself: who read which page with which question, and who took what away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.http import HttpRequest, HttpResponseBase

from auditsearch.capture import mask
from auditsearch.capture.actions import record
from auditsearch.capture.hooks import TIED
from auditsearch.conf import settings
from auditsearch.context import request_scope, token_scope
from auditsearch.enums import EventCode
from auditsearch.exceptions import AuditSearchError
from auditsearch.web.scope import Scope

View = Callable[..., HttpResponseBase]

LOG = "audit"
"""The log of these events, so that it can be left out, closed to most, or kept as long as a law asks for."""

LONGEST = 1000
"""Characters of each part of a question that are kept."""

MANY = 50
"""Parameters that are kept, and values of one."""

QUESTIONS = ("q", "pattern", "name")
"""Parameters that are the question; the others say how it is narrowed."""

_PLACES = ("cursor", "csrfmiddlewaretoken")


class NotAudited(AuditSearchError):
    """The outbox can't take the event of this reading, so nothing is shown: `auditsearch_check` tells what is wrong."""


@dataclass(frozen=True)
class Reader:
    """Who reads what: a request and the page's name. Good when the request was answered, too, while its file is sent.

    The name is `page`, the question as it was asked `question`, what narrows it `asked`.
    """

    request: HttpRequest
    unmask: bool

    @property
    def page(self) -> str:
        """The name of the page's address."""
        match = self.request.resolver_match
        return (match.url_name or "") if match else ""

    @property
    def question(self) -> str:
        """What was asked, its secrets hidden."""
        given = [self.request.GET.get(name, "") for name in QUESTIONS]
        return next((_kept(text) for text in given if text), "")

    @property
    def asked(self) -> dict[str, Any]:
        """What the address names: which event, object or log, and each parameter but the question and the place."""
        match = self.request.resolver_match
        named: dict[str, Any] = {name: _kept(str(value)) for name, value in (match.kwargs if match else {}).items()}
        for name, values in list(self.request.GET.lists())[:MANY]:
            if name not in (*QUESTIONS, *_PLACES) and any(values):
                named[name] = _kept(values[0]) if len(values) == 1 else list(map(_kept, values[:MANY]))
        return named

    @property
    def personal(self) -> list[str]:
        """What somebody asks who may see personal values is personal itself."""
        return [self.question] if self.unmask and self.question else []

    def tell(self, code: str, verbose: str, level: str = "INFO", **context: Any) -> None:
        """Write an event of this person. Raises NotAudited where it can't be written."""
        facts: dict[str, Any] = {
            "page": self.page,
            "question": self.question,
            "asked": self.asked,
            "unmask": self.unmask,
        }
        known = {name: value for name, value in facts.items() if value} | context
        token = vars(self.request).get(TIED, (None, None))
        try:
            with request_scope(self.request), token_scope(*token), transaction.atomic(_database()):
                record(code, verbose=verbose, log=LOG, level=level, personal=self.personal, **known)
        except DatabaseError as error:
            raise NotAudited(NotAudited.__doc__) from error

    @property
    def name(self) -> str:
        """Who reads."""
        user: Any = self.request.user
        return str(user.get_username())


def told(view: View) -> View:
    """Let each page that `view` answers a GET with be told, before it is sent."""

    @wraps(view)
    def answer(request: HttpRequest, scope: Scope, *args: Any, **named: Any) -> HttpResponseBase:
        response = view(request, scope, *args, **named)
        if request.method == "GET" and response.status_code == 200:
            read(request, scope)
        return response

    return answer


def read(request: HttpRequest, scope: Scope) -> None:
    """Tell that a page was read, once for each page that was shown; not with READING off. Raises NotAudited."""
    if not settings.READING:
        return
    reader = Reader(request, scope.unmask)
    what = " ".join(filter(None, (reader.page, *map(str, reader.asked.values()))))[:LONGEST]
    said = f": {reader.question}" if reader.question else ""
    further: dict[str, Any] = {"further": True} if "cursor" in request.GET else {}
    reader.tell(EventCode.AUDIT_READ.value, f"{reader.name} read the audit log ({what}){said}", **further)


def _database() -> str:
    return settings.DATABASE or DEFAULT_DB_ALIAS


def _kept(text: str) -> str:
    return mask.mask_text(text[:LONGEST])
