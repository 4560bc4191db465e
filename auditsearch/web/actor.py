"""The page of one actor: what somebody did, how much of what, when and from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from auditsearch.search import Events
from auditsearch.web import links, show
from auditsearch.web.door import door
from auditsearch.web.facets import labelled
from auditsearch.web.histogram import chart
from auditsearch.web.line import lines
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.state import State

SIZE = 50
"""Events of one page."""

VALUES = 10
"""Values of a column that are listed."""

COLUMNS = {
    "event_code": _("Actions"),
    "object_type": _("Models"),
    "ip": _("Addresses"),
    "user": _("Names"),
}
"""Columns that are counted, and what their lists are called."""


@dataclass(frozen=True)
class Column:
    """The most frequent values of a column: label, count, and where their events are; `other` events have others."""

    title: str
    values: list[tuple[str, int, str]]
    other: int
    exact: bool


@door("view")
def show_actor(request: HttpRequest, scope: Scope, suid: str) -> HttpResponse:
    """Show what an actor did, by id or, without one, by name. Raises Http404 where this person may see no event."""
    key, name, cursor = links.text_of(suid), request.GET.get("name", ""), request.GET.get("cursor")
    state = State(only=(("suid", key) if key else ("user", name),))
    events = scope.events.filter(**({"suid": key} if key else {"user": name}))
    sheet = events.page(SIZE, cursor or None, user=scope.user, scope=scope.key)
    if not sheet.events or not (key or name):
        raise Http404
    context = {"sheet": sheet, "scope": scope, "lines": lines(sheet.events), "here": links.actor_url(key, name)}
    context |= {"title": show.visible(sheet.events[0].user or key), "suid": show.visible(key), "search": state.url()}
    context |= {"whole": True, **summary(state, events)} if not cursor else {}
    return page(request, "auditsearch/actor.html", context)


def summary(state: State, events: Events) -> dict[str, Any]:
    """Return when the actor was seen first and last, events over time, and columns counted."""
    return {
        "first": events.order_by("timestamp").first(),
        "last": events.first(),
        "chart": chart(state, events, timezone.now()),
        "columns": [column for name in COLUMNS if (column := counted(state, events, name)).values],
    }


def counted(state: State, events: Events, name: str) -> Column:
    """Return the most frequent values of a column of `events`, which `state` asks for."""
    found = events.facets(name, VALUES)
    values = [
        (show.visible(labelled(name, value)), count, state.url(only=(*state.only, (name, str(value)))))
        for value, count in found.values
    ]
    return Column(str(COLUMNS[name]), values, found.other, found.exact)
