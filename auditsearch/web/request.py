"""The page of one request, task or command: its events in their order, who made them, and the time between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from auditsearch.enums import SystemEnum
from auditsearch.event import Event
from auditsearch.paging import Sheet
from auditsearch.search import Events
from auditsearch.web import links, show
from auditsearch.web.door import door
from auditsearch.web.line import Line, lines
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.state import State

SIZE = 100
"""Events of one page."""

SAID = 10
"""Actors, addresses and places of a request that are told."""

PLACES = {
    "action": _("View"),
    "url": _("Page"),
    "page": _("Page"),
    "command": _("Command"),
    "task": _("Task"),
    "migration": _("Migration"),
    "client_request_id": _("Client's request id"),
}
"""Keys of the context that say where events were made, and what they are called."""

_NO_SYSTEM = (None, SystemEnum.UNDEFINED.value)


@dataclass(frozen=True)
class Happening:
    """An event's line, and how long after the event before it."""

    line: Line
    after: str = ""


@door("view")
def show_request(request: HttpRequest, scope: Scope, token: str) -> HttpResponse:
    """Show the events of a request. Raises Http404 where there is none that this person may see."""
    key, cursor = links.text_of(token), request.GET.get("cursor")
    events = scope.events.filter(request_token=key).order_by("timestamp")
    sheet = events.page(SIZE, cursor or None, user=scope.user, scope=scope.key)
    if not sheet.events:
        raise Http404
    context = {"sheet": sheet, "scope": scope, "token": show.visible(key), "here": links.request_url(key)}
    context |= {"happenings": happenings(sheet.events), "search": State(only=(("request_token", key),)).url()}
    context |= {"whole": True, **summary(sheet, events)} if not cursor else {}
    return page(request, "auditsearch/request.html", context)


def summary(sheet: Sheet, events: Events) -> dict[str, Any]:
    """Return when the request began, how long its events took, and what the first page's say of who and where."""
    first = sheet.events[0]
    last = (events.last() if sheet.cursor else None) or sheet.events[-1]
    return {"first": first, "took": show.span(last.timestamp - first.timestamp), **places(sheet.events)}


def happenings(events: list[Event]) -> list[Happening]:
    """Return the events, each with the time since the one before it."""
    times = [None, *(event.timestamp for event in events)]
    return [
        Happening(line, show.span(line.event.timestamp - before) if before else "")
        for before, line in zip(times, lines(events), strict=False)
    ]


def places(events: list[Event]) -> dict[str, Any]:
    """Return who made the events, from which addresses, in which system, view, command or task."""
    named = {(each.suid, each.user): each for each in events if each.user or each.suid}
    found: dict[str, dict[str, None]] = {}
    for event in events:
        for name in PLACES:
            if isinstance(value := event.context_data.get(name), str):
                found.setdefault(name, {})[show.cut(show.shown(value), 200)] = None
    return {
        "actors": list(named.values())[:SAID],
        "ips": sorted({show.visible(each.ip) for each in events if each.ip})[:SAID],
        "systems": sorted({show.visible(each.system_type) for each in events if each.system_type not in _NO_SYSTEM}),
        "places": [(str(PLACES[name]), list(values)[:SAID]) for name, values in found.items()],
    }
