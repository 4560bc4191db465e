"""The two middlewares: one ties a request's events together, the other tells who acts and from where."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase

from auditsearch.capture import hooks
from auditsearch.context import request_scope, token_scope, trusted
from auditsearch.event import new_id
from auditsearch.streams import tied

_CLIENT_ID = re.compile(r"[\w.:/+=@-]{1,128}", re.ASCII)
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}.*", re.ASCII)


class _ScopeMiddleware:
    """Answers a request inside a scope, synchronously or not as the next layer wants it."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._answer(request)
        with self.scope(request):
            began = time.monotonic()
            response: HttpResponseBase = self.get_response(request)
            if (action := self.hooked(request)) is not None:
                hooks.called(action, request, response, time.monotonic() - began)
            return tied(response)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with self.scope(request):
            began = time.monotonic()
            response: HttpResponseBase = await self.get_response(request)
            if (action := self.hooked(request)) is not None:
                await sync_to_async(hooks.called)(action, request, response, time.monotonic() - began)
            return tied(response)

    def hooked(self, request: HttpRequest) -> str | None:
        """Return the entry of HOOKED_ACTIONS whose call is to be told here."""
        return None

    def scope(self, request: HttpRequest) -> AbstractContextManager[None]:
        """Return what holds while the request is answered."""
        raise NotImplementedError


class CaptureRequestMiddleware(_ScopeMiddleware):
    """Makes the request known to events: its user, read as late as can be, and its address. Tells hooked actions."""

    def scope(self, request: HttpRequest) -> AbstractContextManager[None]:
        """Return the scope of this request."""
        return request_scope(request)

    def hooked(self, request: HttpRequest) -> str | None:
        """Return the entry that means the view of this request."""
        return hooks.hooked(request)


class RequestTokenMiddleware(_ScopeMiddleware):
    """Gives the events of a request one token, a new UUIDv7; a trusted proxy's own request id is kept beside it."""

    def scope(self, request: HttpRequest) -> AbstractContextManager[None]:
        """Return the scope of a new token."""
        given = vars(request)[hooks.TIED] = (new_id(time.time_ns() // 1000), client_request_id(request))
        return token_scope(*given)


def client_request_id(request: HttpRequest) -> str | None:
    """Return X-Request-ID, else the trace id of `traceparent` (W3C Trace Context), where a trusted proxy sent it.

    Only of at most 128 letters, digits and `. : / + = @ _ -`; anything else counts as absent.
    """
    if not trusted(request.META.get("REMOTE_ADDR") or ""):
        return None
    if _CLIENT_ID.fullmatch(given := request.META.get("HTTP_X_REQUEST_ID") or ""):
        return str(given)
    trace = _TRACE.fullmatch(request.META.get("HTTP_TRACEPARENT") or "")
    return trace and trace[1]
