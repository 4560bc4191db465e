"""The page of one event: all that it says, and the events around it in its request, on its object, by its actor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from auditsearch import history
from auditsearch.event import STORED, Event
from auditsearch.search import Events
from auditsearch.web import difference, links, show, show_tree
from auditsearch.web.door import door
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.show_fields import Fields, Value

NEAR = 5
"""Events of the object and of the actor that are shown, before and after."""

SAME = 20
"""Events of the request that are shown."""

CANONICAL = 200_000
"""Characters of the canonical text that are shown."""

FLAGS = {
    "clipped": _("Not all of this event can be searched for: parts of it are too long, too deep or too many."),
    "degraded": _(
        "The server could not index this event as it is; its values can't be searched for, but none is lost."
    ),
    "truncated": _(
        "This event is too large for the server, which keeps only its envelope. The whole is in the outbox, and the "
        "leaf below is that of what is shown."
    ),
}
"""What each flag of an event means to whoever reads it."""

TITLES = {
    "event_code": _("Action"),
    "event_type": _("Kind"),
    "system_type": _("System"),
    "object_type": _("Kind of object"),
    "object_id": _("Key"),
    "object_label": _("Object's name"),
    "request_token": _("Request"),
    "suid": _("User's id"),
    "user": _("User"),
    "ip": _("Address"),
    "log": _("Log"),
    "level": _("Level"),
    "logger": _("Logger"),
    "schema": _("Schema"),
    "id": _("Event's id"),
}
"""Attributes of the envelope in the order of the page, with what they are called."""

UNDEFINED = "undefined"
"""Kind and system of an event of which nobody said any; not shown."""

_UNTOLD = ("diff", "labels", "parent")  # they stand elsewhere on the page


@dataclass(frozen=True)
class Around:
    """Events around one, newest first: those after it, and those before it."""

    after: list[Event]
    before: list[Event]


@door("view")
def show_event(request: HttpRequest, scope: Scope, key: str) -> HttpResponse:
    """Show one event. Raises Http404 where there is none that this person may see."""
    event = scope.events.filter(id=links.text_of(key)).first()
    if event is None:
        raise Http404
    return page(request, "auditsearch/event.html", told(event) | neighbours(event, scope.events) | {"scope": scope})


def told(event: Event) -> dict[str, Any]:
    """Return what the page tells of the event itself."""
    canonical = event.canonical
    return {
        "event": event,
        "flags": [text for name, text in FLAGS.items() if name in event.flags],
        "envelope": envelope(event),
        "diff": difference.of_event(event),
        "context": context(event),
        "snapshot": snapshot(event),
        "parent": _parent(event),
        "canonical": show.visible(canonical[:CANONICAL]),
        "left": max(0, len(canonical) - CANONICAL),
    }


def neighbours(event: Event, events: Events) -> dict[str, Any]:
    """Return the events of the same request in their order, and those around it of the object and the actor."""
    token, model, key = event.request_token, event.object_type, event.object_id
    same: list[Event] | Events = events.filter(request_token=token).order_by("timestamp")[: SAME + 1] if token else []
    actor = {"suid": event.suid} if event.suid else {"user": event.user} if event.user else {}
    return {
        "request_events": list(same)[:SAME] if len(same) > 1 else [],
        "request_more": len(same) > SAME,
        "object_events": around(event, history.history((model, key), events)) if model and key else None,
        "actor_events": around(event, events.filter(**actor)) if actor else None,
    }


def around(event: Event, events: Events) -> Around:
    """Return the few events right before and after one."""
    later = events.filter(timestamp__gte=event.timestamp).order_by("timestamp")
    earlier = events.filter(timestamp__lte=event.timestamp).order_by("-timestamp")
    place = (event.timestamp, event.id)
    after = [each for each in later[: 2 * NEAR] if (each.timestamp, each.id) > place]
    before = [each for each in earlier[: 2 * NEAR] if (each.timestamp, each.id) < place]
    return Around(after[:NEAR][::-1], before[:NEAR])


def envelope(event: Event) -> list[show_tree.Line]:
    """Return the lines of what every event has, as far as this one has it."""
    urls = {
        "object_id": links.object_url(event.object_type, event.object_id),
        "request_token": links.request_url(event.request_token),
        "suid": links.actor_url(event.suid),
        "user": links.actor_url(event.suid, event.user),
    }
    found = []
    for name, title in TITLES.items():
        if (value := getattr(event, name)) is not None and value != UNDEFINED:
            label = show.what(value) if name == "event_code" else ""
            shown = Value(show.block(value), "" if label == value else label, urls.get(name, ""))
            found.append(show_tree.leaf(STORED.get(name, name), str(title), shown))
    return found


def context(event: Event) -> list[show_tree.Line]:
    """Return the lines of the context, without what stands elsewhere on the page."""
    return show_tree.lines({name: value for name, value in event.context_data.items() if name not in _UNTOLD})


def snapshot(event: Event) -> list[show_tree.Line]:
    """Return the lines of the object's state, fields and values called as people call them."""
    fields, said = Fields(event.object_type), difference.labels_of(event)
    return show_tree.lines(event.object_snapshot, partial(fields.read, said), fields.title)


def _parent(event: Event) -> Value | None:
    """What the object belongs to."""
    parent = event.context_data.get("parent")
    if not isinstance(parent, dict):
        return None
    model, key = (parent.get(name) for name in ("object_type", "object_id"))
    if not isinstance(model, str) or not isinstance(key, str):
        return None
    return Value(show.visible(f"{model.rpartition('.')[2]} {key}"), url=links.object_url(model, key))
