"""One event as a line of a list: what happened, what it changed, and where the words that were asked for stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.safestring import SafeString

from auditsearch.event import Event
from auditsearch.forms import encode_key
from auditsearch.query.highlight import Marker
from auditsearch.query.tree import ALL, Node
from auditsearch.web.show import cut, sentence, shown, thing, visible, who

CHANGES = 3
"""Changed fields that a line shows."""

FOUND = 2
"""Places beside the sentence that a line shows where the question's words stand."""

LONGEST = 60
"""Characters of a value."""

SENTENCE = 400
"""Characters of a sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event with HTML that is escaped and marked: `text`, `who`, `thing`, `changes` (field, old, new) and `found`
    (path, part). `more` fields changed beside those of `changes`."""

    event: Event
    text: SafeString
    who: SafeString
    thing: SafeString
    changes: list[tuple[str, SafeString, SafeString]]
    found: list[tuple[str, SafeString]]
    more: int = 0


def lines(events: Iterable[Event], tree: Node = ALL) -> list[Line]:
    """Return a line for each event, with marks where it answers the question `tree`."""
    marker = Marker(tree)
    return [_line(event, marker) for event in events]


def _line(event: Event, marker: Marker) -> Line:
    text = marker.html(cut(sentence(event), SENTENCE), "verbose")
    actor = marker.html(cut(who(event), LONGEST), "user_name")
    about = marker.html(cut(thing(event), LONGEST), "object_label")
    changes = [_change(name, pair, marker) for name, pair in islice(event.diff.items(), CHANGES)]
    whole = "".join([text, actor, about, *(part for change in changes for part in change)])
    found = list(_found(event, marker)) if marker and "<mark>" not in whole else []
    return Line(event, text, actor, about, changes, found, len(event.diff) - len(changes))


def _change(name: str, pair: Any, marker: Marker) -> tuple[str, SafeString, SafeString]:
    """A field, and its old and new value; of a many-to-many field what was removed and what was added."""
    if isinstance(pair, dict):
        old, new = pair.get("removed"), pair.get("added")
    else:
        old, new = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
    key = encode_key(name)
    return visible(name), marker.html(_short(old), f"from.{key}"), marker.html(_short(new), f"to.{key}")


def _short(value: Any) -> str:
    return cut(shown(value), LONGEST)


def _found(event: Event, marker: Marker) -> Iterator[tuple[str, SafeString]]:
    """The first texts beside the sentence in which something that was asked for stands, cut around it."""
    places = ((path, marker.segments(text, path)) for path, text in _texts(event))
    hits = ((path, parts) for path, parts in places if any(hit for _, hit in parts))
    for path, parts in islice(hits, FOUND):
        yield visible(path), marker.joined(_around(parts))


def _around(parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """The first part that was asked for, and a little of what stands before and behind it."""
    at = next(number for number, (_, hit) in enumerate(parts) if hit)
    before = "".join(text for text, _ in parts[:at])
    after = "".join(text for text, _ in parts[at + 1 : at + 2])
    head = before if len(before) <= LONGEST else f"…{before[-LONGEST:]}"
    return [(visible(head), False), (visible(cut(parts[at][0], LONGEST)), True), (visible(cut(after, LONGEST)), False)]


def _texts(event: Event) -> Iterator[tuple[str, str]]:
    """Texts of an event by their path, the envelope's first."""
    for name in ("verbose", "object_label", "logger", "ip", "object_id", "request_token"):
        if value := getattr(event, name):
            yield name, value
    yield from _members("context", event.context_data)
    yield from _members("snapshot", event.object_snapshot)


def _members(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _members(f"{path}.{encode_key(key)}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(path, inner)
