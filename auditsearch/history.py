"""One object through time: its events, its state at any moment, and changes that no event tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model

from auditsearch.capture.diff import concrete
from auditsearch.capture.keys import key_text
from auditsearch.enums import EventCode
from auditsearch.event import Event
from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.query.parse import nearest
from auditsearch.search import Events

Object = Model | tuple[str, Any]
"""An object of a model, or its model's name and key: `("shop.Order", 5)`."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A value that stood otherwise before an event than after the one before: nobody told of that change."""

    known: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an object's history. `gaps` are the fields that were changed unseen since the step before."""

    event: Event
    gaps: dict[str, Gap] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One field set from `old` to `new`; `gap` if `old` is not what it was last known to be."""

    event: Event
    old: Any
    new: Any
    gap: Gap | None = None


def key_of(obj: Object) -> tuple[str, str]:
    """Return `object_type` and `object_id` as events have them. Raises QueryError for an object without a key."""
    if isinstance(obj, Model):
        obj = (concrete(obj._meta.model)._meta.label, obj.pk)  # its type may be that of a lazy one
    if not isinstance(obj, tuple) or len(obj) != 2:
        raise QueryError(
            f"An object of a model is asked for, or its model's name and key: ('shop.Order', 5), not {obj!r}."
        )
    model, key = obj
    text = key_text(key)
    if text is None:
        raise QueryError(f"This {model} has no key yet, so it has no history.")
    return model, text


def history(obj: Object, events: Events | None = None) -> Events:
    """Return the events of an object, newest first; out of `events`, if they are given."""
    model, key = key_of(obj)
    return (Events() if events is None else events).filter(object_type=model, object_id=key)


def state_at(obj: Object, when: datetime, events: Events | None = None) -> dict[str, Any] | None:
    """Return the fields as they stood at `when`; None before its first event and after its deletion."""
    event = told_at(obj, when, events)
    return None if event is None or event.event_code == EventCode.DELETE else event.object_snapshot


def told_at(obj: Object, when: datetime, events: Events | None = None) -> Event | None:
    """Return the last event up to `when` that tells the object's state or deletion; None where there is none."""
    found = history(obj, events).filter(timestamp__lte=when).order_by("-timestamp").iterator(20)
    return next((event for event in found if event.object_snapshot or event.event_code == EventCode.DELETE), None)


def steps(obj: Object, events: Events | None = None) -> Iterator[Step]:
    """Yield an object's events, oldest first, each with what changed unseen before it."""
    yield from walk(history(obj, events).order_by("timestamp").iterator())


def walk(told: Iterable[Event]) -> Iterator[Step]:
    """Yield the events of one object that are `told`, oldest first, each with what changed unseen before it."""
    known: dict[str, Any] = {}
    for event in told:
        before = _before(event)
        gaps = {name: Gap(known[name], old) for name, old in before.items() if name in known and known[name] != old}
        yield Step(event, gaps)
        if event.object_snapshot:
            known = event.object_snapshot if event.event_code != EventCode.DELETE else {}


def changes(obj: Object, name: str, events: Events | None = None) -> Iterator[Change]:
    """Yield the changes of one field (its `attname`), oldest first; of a many-to-many field what was removed and added.

    A change that no event tells of is seen as the `gap` of the next one. Raises UnknownField, at the end, where neither
    the model nor an event knows the field.
    """
    seen = _fields(obj)
    for step in steps(obj, events):
        change = step.event.diff.get(name)
        seen = seen | step.event.object_snapshot.keys() | step.event.diff.keys()
        if isinstance(change, list) and len(change) == 2:
            yield Change(step.event, change[0], change[1], step.gaps.get(name))
        elif isinstance(change, dict):
            yield Change(step.event, change.get("removed", []), change.get("added", []))
        elif name in step.gaps:
            yield Change(step.event, step.gaps[name].found, step.event.object_snapshot.get(name), step.gaps[name])
    if seen and name not in seen:
        raise UnknownField(f"{key_of(obj)[0]} has no field {name!r}. {nearest(name, sorted(seen))}")


def _fields(obj: Object) -> set[str]:
    """The names of a model's fields as events have them; none of a model that is gone."""
    try:
        model = obj if isinstance(obj, Model) else apps.get_model(obj[0])
    except (LookupError, ValueError):
        return set()
    return {field.attname for field in model._meta.concrete_fields} | {field.name for field in model._meta.many_to_many}


def _before(event: Event) -> dict[str, Any]:
    """The state that the event found; {} where it can't be told."""
    if event.event_code == EventCode.INSERT:
        return {}
    olds = {name: change[0] for name, change in event.diff.items() if isinstance(change, list) and len(change) == 2}
    lists = {name for name, change in event.diff.items() if name not in olds}
    return {name: value for name, value in (event.object_snapshot | olds).items() if name not in lists}
