"""Export: what is on the screen as a file, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from auditsearch.conf import settings
from auditsearch.enums import EventCode
from auditsearch.search import Events
from auditsearch.web import ahead
from auditsearch.web.cells import COLUMNS
from auditsearch.web.door import door
from auditsearch.web.download import AsyncDownload, Download
from auditsearch.web.forms import FORMS, form
from auditsearch.web.page import page
from auditsearch.web.reading import Reader
from auditsearch.web.scope import Scope
from auditsearch.web.show import visible
from auditsearch.web.state import State

PAGE = 2000
"""Events that are fetched at once: a server's answer of some megabytes."""

OTHERS = ("event_type", "system_type", "logger", "context_data", "object_snapshot", "_changed")
"""Columns that can be chosen beside the usual ones."""


@door("export")
def choose(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Tell how many events there are and how many a file holds, and let form and columns be chosen."""
    state = State.from_request(request)
    events, limit = state.events(scope), settings.EXPORT_LIMIT
    number = found(events)
    context = {
        "state": state,
        "sentence": visible(Events(state.tree(timezone.localtime())).describe()),
        "found": number,
        "number": f"{number:,}",
        "surely": not events.plan.check,
        "limit": limit,
        "limit_number": f"{limit:,}",
        "columns": COLUMNS,
        "others": OTHERS,
    }
    return page(request, "auditsearch/export.html", context)


@door("export", methods=("GET",))
def export(request: HttpRequest, scope: Scope, form_name: str) -> HttpResponseBase:
    """Send a file. Raises Http404 on an unknown form, QueryError on a wrong question or column."""
    if form_name not in FORMS:
        raise Http404
    columns = [name for given in request.GET.getlist("columns") for name in given.split(",") if name]
    state, limit = State.from_request(request), settings.EXPORT_LIMIT
    events = state.events(scope)
    told = partial(_told, Reader(request, scope.unmask), form_name, columns)
    download = Download(ahead.hits(events, limit + 1, PAGE), form(form_name, columns), limit, told)
    return _answer(request, download, found(events))


def found(events: Events) -> int:
    """Return how many events there are; where each must be looked at to know, how many at most."""
    return events.store.count(events.plan.engine)


def _answer(request: HttpRequest, download: Download, number: int) -> StreamingHttpResponse:
    name = f"auditsearch-{timezone.localtime():%Y-%m-%d-%H%M%S}.{download.form.suffix}"
    pieces = AsyncDownload(download) if isinstance(request, ASGIRequest) else download
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Export-Limit": str(download.limit),
        "X-Export-Found": str(number),
    }
    return StreamingHttpResponse(pieces, content_type=download.form.content_type, headers=headers)


def _told(reader: Reader, form_name: str, columns: Sequence[str], download: Download) -> None:
    ended = {"done": "", "broken_off": ", broken off", "failed": ", failed"}[download.outcome]
    more = {"columns": list(columns)} if columns else {}
    error = {"error": download.error} if download.error else {}
    number, seconds = f"{download.count:,}", f"{download.seconds:.1f} s"
    asked = f": {reader.question}" if reader.question else ""
    reader.tell(
        EventCode.AUDIT_EXPORT.value,
        f"{reader.name} exported {number} events as {form_name} in {seconds}{ended}{asked}",
        "ERROR" if download.outcome == "failed" else "INFO",
        form=form_name,
        count=download.count,
        limit=download.limit,
        capped=download.capped,
        seconds=download.seconds,
        outcome=download.outcome,
        **more,
        **error,
    )
