"""The facets at the side: the most frequent values of what was found, each a link that adds it or takes it away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from auditsearch.backends.base import Facets, Value
from auditsearch.enums import EventCode, EventType, SystemEnum
from auditsearch.exceptions import Hidden
from auditsearch.forms import CLIPPED, VALUE
from auditsearch.logs.catalog import label as log_label
from auditsearch.promoted import promoted
from auditsearch.search import Events
from auditsearch.web.show import cut, visible
from auditsearch.web.state import State

NAMES: dict[str, Any] = {
    "event_code": gettext_lazy("Action"),
    "user": gettext_lazy("User"),
    "object_type": gettext_lazy("Model"),
    "log": gettext_lazy("Log"),
    "level": gettext_lazy("Level"),
    "system_type": gettext_lazy("System"),
    "event_type": gettext_lazy("Kind"),
    "ip": gettext_lazy("Address"),
}
"""Columns of the envelope that are counted, and their titles."""

SIZE, MANY = 6, 200
"""Values that are shown, and of a facet that was opened."""

LONGEST = 80
"""Characters of a value."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value with its `count` (None: not counted) and two addresses: `add` asks for it or no longer, `leave` leaves
    it out. `state` is only, without, or ""."""

    value: str
    label: str
    count: int | None
    state: str
    add: str
    leave: str

    @property
    def number(self) -> str:
        """The count as it is shown."""
        return f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class Facet:
    """One column. `others` values of events are not listed; `more` is the address that lists them, "" if it did."""

    name: str
    title: str
    choices: list[Choice]
    exact: bool
    others: int
    more: str


def facets(state: State, events: Events, seconds: float) -> tuple[list[Facet], bool]:
    """Return the facets of `events` that have a value, or were clicked, and whether there was time for all of them.

    After `seconds` no further one is begun. Raises what the store raises.
    """
    found: list[Facet] = []
    until = time.monotonic() + seconds
    for name, title in titles().items():
        if time.monotonic() > until:
            return found, False
        if facet := _facet(state, events, name, str(title)):
            found.append(facet)
    return found, True


def _facet(state: State, events: Events, name: str, title: str) -> Facet | None:
    try:
        found = events.facets(name, MANY if state.all == name else SIZE)
    except Hidden:  # a promoted field of personal values, whose column stays empty
        return None
    choices = list(_choices(state, name, found))
    if not found.values and not any(choice.state for choice in choices):
        return None
    more = state.url(all=name, cursor="") if found.other and state.all != name else ""
    return Facet(name, title, choices, found.exact, found.other, more)


def titles() -> dict[str, Any]:
    """Return the columns that are counted at the side: of the envelope, and promoted ones that hold text."""
    return NAMES | {row.name: row.name for row in promoted() if row.kind == "keyword"}


def labelled(name: str, value: Value) -> str:
    """Return a value of a column as people read it."""
    if not value:
        return gettext("none")
    text = str(value)
    known: Callable[[str], str] = {
        "event_code": lambda text: _code(EventCode, text),
        "event_type": lambda text: _code(EventType, text),
        "system_type": lambda text: _code(SystemEnum, text),
        "log": log_label,
    }.get(name, str)
    return visible(cut(f"{text[:VALUE]}…" if CLIPPED in text else known(text), LONGEST))


def _code(kind: Any, text: str) -> str:
    return next((str(member.label) for member in kind if member == text), text)


def _choices(state: State, name: str, found: Facets) -> Iterator[Choice]:
    """What was clicked stands first, though nothing of it may be left."""
    counts: dict[str, int | None] = {_text(value): number for value, number in found.values}
    counts |= {"": found.missing} if found.missing else {}
    clicked = [value for key, value in (*state.only, *state.without) if key == name]
    for value in dict.fromkeys([*clicked, *counts]):
        yield choice(state, name, value, counts.get(value))


def choice(state: State, name: str, value: str, count: int | None = None) -> Choice:
    """Return one value of a column with its addresses."""
    pair = (name, value)
    only = tuple(each for each in state.only if each != pair)
    without = tuple(each for each in state.without if each != pair)
    chosen = "only" if pair in state.only else "without" if pair in state.without else ""
    add = state.url(only=only if chosen else (*only, pair), without=without, cursor="")
    leave = state.url(only=only, without=without if chosen == "without" else (*without, pair), cursor="")
    return Choice(value, labelled(name, value), count, chosen, add, leave)


def _text(value: Value) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
