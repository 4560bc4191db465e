"""The page of one object: its story with that of its children, its state at any time, and two states side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from auditsearch.enums import EventCode
from auditsearch.event import Event
from auditsearch.history import history, told_at, walk
from auditsearch.logs.moments import moment
from auditsearch.query.renamed import names_of
from auditsearch.search import Events
from auditsearch.timeline import timeline
from auditsearch.web import difference, links, show, show_tree
from auditsearch.web.difference import Differences
from auditsearch.web.door import door
from auditsearch.web.line import Line, lines
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.show_fields import Fields
from auditsearch.web.state import State

SIZE = 50
"""Events of one page of the story."""

BACK = 20
"""Events before a page that are looked at for the state in which its first one found the object."""


@dataclass(frozen=True)
class Item:
    """One event of the story: `at` names its moment where it tells the object's state, `gaps` are unseen changes.

    `is_left` and `is_right` are the states that are chosen at first: the newest, and the one before it.
    """

    line: Line
    at: str = ""
    gaps: Differences | None = None
    is_left: bool = False
    is_right: bool = False

    @property
    def title(self) -> str:
        """When it happened, as plain text."""
        return show.local(self.line.event.timestamp)


@dataclass(frozen=True)
class Moment:
    """The object at a moment: `event` told its state last, or its deletion; None where it was not yet known."""

    when: datetime
    event: Event | None

    @property
    def is_deleted(self) -> bool:
        """Whether it was gone by then."""
        return self.event is not None and self.event.event_code == EventCode.DELETE

    @property
    def is_hidden(self) -> bool:
        """Whether it has personal values that are not shown."""
        return self.event is not None and self.event.has_personal and self.event.personal is None

    @property
    def fields(self) -> dict[str, Any]:
        """Its fields; {} where there was no object."""
        return {} if self.event is None or self.is_deleted else self.event.object_snapshot

    @property
    def lines(self) -> list[show_tree.Line]:
        """Its fields as they are shown."""
        names, said = Fields(self.event.object_type if self.event else None), difference.labels_of(self.event)
        return show_tree.lines(self.fields, partial(names.read, said), names.title)


@door("view")
def show_object(request: HttpRequest, scope: Scope, model: str, key: str) -> HttpResponse:
    """Show the story of an object, and its state `at` a time, or those of `left` and `right` compared.

    Raises Http404 where there is no event that this person may see, InvalidValue on what says no moment.
    """
    label, pk, cursor = links.text_of(model), links.text_of(key), request.GET.get("cursor")
    told = timeline((label, pk), events=scope.events)
    sheet = told.page(SIZE, cursor or None, user=scope.user, scope=scope.key)
    if not sheet.events:
        raise Http404
    newest = history((label, pk), scope.events).first()
    context = {
        "sheet": sheet,
        "scope": scope,
        "items": items(label, pk, sheet.events, scope.events, bool(sheet.cursor)),
    }
    context |= named(label, pk, newest) | states(request, label, pk, scope.events)
    return page(request, "auditsearch/object.html", context | {"whole": not cursor})


def named(model: str, key: str, newest: Event | None) -> dict[str, Any]:
    """Return what the object is called, and whether it is gone."""
    found = Fields(model).model
    return {
        "newest": newest,
        "kind": str(found._meta.verbose_name) if found else show.visible(model),
        "key": show.visible(key),
        "model": show.visible(model),
        "is_deleted": newest is not None and newest.event_code == EventCode.DELETE,
        "here": links.object_url(model, key),
        "search": State(only=(("object_type", model), ("object_id", key))).url(),
    }


def items(model: str, key: str, told: list[Event], events: Events, has_more: bool) -> list[Item]:
    """Return one page of the story, newest first, with what was changed unseen before each event of the object."""
    models = names_of(model)
    own = [event for event in told if event.object_type in models and event.object_id == key]
    fields = Fields(model)
    before = _before(own[-1], history((model, key), events)) if own and has_more else []
    gaps = {
        step.event.id: difference.of_states(
            fields,
            {name: gap.known for name, gap in step.gaps.items()},
            {name: gap.found for name, gap in step.gaps.items()},
        )
        for step in walk([*before, *reversed(own)])
        if step.gaps
    }
    states = [event.id for event in own if event.object_snapshot]
    left, right = states[1:2], states[:1]
    return [
        Item(line, _iso(line.event.timestamp) if key in states else "", gaps.get(key), key in left, key in right)
        for line in lines(told)
        for key in [line.event.id]
    ]


def states(request: HttpRequest, model: str, key: str, events: Events) -> dict[str, Any]:
    """Return the state that the address asks for, or the two that it compares; a time that it leaves out is now."""
    said = {name: request.GET.get(name, "").strip() for name in ("at", "left", "right")}
    known = partial(_moment, model, key, events, timezone.localtime())
    if said["left"] or said["right"]:
        left, right = known(said["left"]), known(said["right"])
        names = [difference.labels_of(each.event) for each in (left, right)]
        diff = difference.of_states(Fields(model), left.fields, right.fields, *names)
        sides = {"left": left, "right": right, "diff": diff, "is_hidden": left.is_hidden or right.is_hidden}
        return {"said": said, **sides, **titles(left.when, right.when)}
    return {"said": said, "at": known(said["at"])} if said["at"] else {"said": said}


def titles(left: datetime, right: datetime) -> dict[str, str]:
    """Return what the two sides are called: their times, with the fraction where they lie in one second."""
    near = show.local(left) == show.local(right)
    old, new = (f"{show.local(when)}.{when.microsecond:06}" if near else show.local(when) for when in (left, right))
    return {"old_title": old, "new_title": new}


def _moment(model: str, key: str, events: Events, now: datetime, said: str) -> Moment:
    when = moment(said, now) if said else now
    return Moment(when, told_at((model, key), when, events))


def _before(event: Event, events: Events) -> list[Event]:
    """The last event before one that tells the object's state."""
    place = (event.timestamp, event.id)
    earlier = events.filter(timestamp__lte=event.timestamp).order_by("-timestamp")[:BACK]
    found = (one for one in earlier if (one.timestamp, one.id) < place and one.object_snapshot)
    return list(islice(found, 1))


def _iso(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")
