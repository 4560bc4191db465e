"""Health and metrics by URL: counts only, for those with the token or from the addresses that the settings name."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auditsearch.addresses import inside
from auditsearch.conf import settings
from auditsearch.context import ip_of
from auditsearch.models import State
from auditsearch.monitor.health import health

View = Callable[[HttpRequest], HttpResponse]

CLOSED = "Set AUDITSEARCH['MONITOR_TOKEN'] and send it as a bearer token, or list this address in MONITOR_ADDRESSES.\n"


def guarded(view: View) -> View:
    """Answer 403 to whoever has neither the token nor an address of the list."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if not (_has_token(request) or _is_near(request)):
            return HttpResponse(CLOSED, status=403, content_type="text/plain")
        return view(request)

    return never_cache(require_safe(answer))


@guarded
def show_health(request: HttpRequest) -> HttpResponse:
    """200 and JSON if all is well, 503 if somebody must act."""
    now = health()
    states = {state.value: now.total(state.value) for state in State if state is not State.SHIPPED}
    counts = {"oldest_seconds": now.oldest_seconds, "fallback": now.fallback, "errors": len(now.errors)}
    return JsonResponse({"ok": now.ok, **states, **counts}, status=200 if now.ok else 503)


@guarded
def show_metrics(request: HttpRequest) -> HttpResponse:
    """Metrics for Prometheus. 501 without the extra that makes them."""
    if find_spec("prometheus_client") is None:
        return HttpResponse('pip install "auditsearch[metrics]"\n', status=501, content_type="text/plain")
    from auditsearch.monitor.metrics import text

    return HttpResponse(text(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    expected = f"Bearer {settings.MONITOR_TOKEN}"
    return bool(settings.MONITOR_TOKEN) and hmac.compare_digest(given.encode(), expected.encode())


def _is_near(request: HttpRequest) -> bool:
    near = tuple(settings.MONITOR_ADDRESSES)
    return bool(near) and inside(ip_of(request) or "", near)
