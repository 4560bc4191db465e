"""The door of every page: who may come in, what goes wrong in there as a page of its own, and the headers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from auditsearch.exceptions import AuditSearchError, ConfigurationError, Misread, QueryError
from auditsearch.web import reading
from auditsearch.web.page import page
from auditsearch.web.scope import scope

Permission = Literal["view", "export", "unmask", "verify", "share"]

View = Callable[..., HttpResponseBase]
"""Takes the request, its scope, and what the address names."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
}
"""What each answer carries."""


def door(
    permission: Permission = "view",
    json: bool = False,
    methods: tuple[str, ...] = ("GET", "HEAD"),
    reads: bool = True,
) -> Callable[[View], View]:
    """Let in whoever has the permissions `auditsearch.view` and `permission`, and give the view a Scope.

    Others are sent to sign in, or get 403; `json` and htmx get 401. A QueryError is answered by 400, what is not there
    and what is not theirs alike by 404, a store that can't answer by 503, as a page or `{"error": ...}`; a Misread
    tells `start` and `end` too. A GET that was answered is told as a reading, unless `json`, or `reads` is False: of
    a part of a page that was told already.
    """

    def decorate(view: View) -> View:
        told = reading.told(view) if reads and not json else view

        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            answer = _refused(request, permission, json) or _answered(told, request, json, *args, **named)
            for name, value in HEADERS.items():
                answer[name] = value
            return answer

        return csrf_protect(require_http_methods(list(methods))(enter))  # on sites without its middleware, too

    return decorate


def _refused(request: HttpRequest, permission: Permission, json: bool) -> HttpResponseBase | None:
    user: Any = getattr(request, "user", None)
    if user is None:
        remedy = "django.contrib.auth.middleware.AuthenticationMiddleware"
        raise ConfigurationError(f"Nobody can sign in to the audit log: add {remedy!r} to MIDDLEWARE.")
    if not user.is_authenticated:
        if json or request.headers.get("HX-Request"):
            return _problem(request, json, 401, _("Sign in first."))
        return redirect_to_login(request.get_full_path())
    if not user.has_perms(["auditsearch.view", f"auditsearch.{permission}"]):
        return _problem(request, json, 403, _("You do not have the permission for this page of the audit log."))
    return None


def _answered(view: View, request: HttpRequest, json: bool, *args: Any, **named: Any) -> HttpResponseBase:
    try:
        return view(request, scope(request), *args, **named)
    except Http404:
        return _problem(request, json, 404, _("There is nothing at this address, or nothing that you may see."))
    except QueryError as error:
        return _problem(request, json, 400, str(error), error)
    except AuditSearchError as error:
        return _problem(request, json, 503, str(error))


def _problem(
    request: HttpRequest, json: bool, status: int, message: str, error: QueryError | None = None
) -> HttpResponse:
    if json:
        place = {"start": error.start, "end": error.end} if isinstance(error, Misread) else {}
        return JsonResponse({"error": message, **place}, status=status)
    return page(request, "auditsearch/error.html", {"status": status, "message": message}, status)
