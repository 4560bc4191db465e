"""One event as a line of a list: what happened, what it changed, and where the words that were asked for stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from auditsearch.event import Event
from auditsearch.forms import encode_key
from auditsearch.logs.catalog import label
from auditsearch.query.highlight import Marker
from auditsearch.query.tree import ALL, Node
from auditsearch.web.links import actor_url, event_url, object_url, request_url
from auditsearch.web.show import cut, sentence, shown, thing, visible, who

CHANGES = 3
"""Changed fields that a line shows."""

FOUND = 2
"""Places beside the sentence that a line shows where the question's words stand."""

LONGEST = 60
"""Characters of a value."""

SENTENCE = 400
"""Characters of a sentence."""

SEARCHED = 10_000
"""Characters of a text in which marks are looked for."""

SIGNS = ("insert", "update", "delete", "login_failed")
"""Codes with a sign of their own."""

GRAVE = ("ERROR", "CRITICAL")
"""Levels that stand out most."""


class Part(NamedTuple):
    """A piece of what stands beneath a sentence, with the address that it leads to, or "", and its kind for the eye."""

    text: str
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """An event with what of it is shown; `text`, `changes` (field, old, new) and `found` (path, part) are marked HTML.

    `more` fields changed beside those of `changes`. `sign` is the code, if it is one that has a sign of its own.
    """

    event: Event
    sign: str
    url: str
    text: SafeString
    changes: list[tuple[str, SafeString, SafeString]]
    more: int
    found: list[tuple[str, SafeString]]
    where: list[Part]


def lines(events: Iterable[Event], tree: Node = ALL) -> list[Line]:
    """Return a line for each event, with marks where it answers the question `tree`."""
    marker = Marker(tree)
    return [_line(event, marker) for event in events]


def _line(event: Event, marker: Marker) -> Line:
    text = marker.html(cut(sentence(event), SENTENCE), "verbose")
    changes = [_change(name, pair, marker) for name, pair in islice(event.diff.items(), CHANGES)]
    where = list(_where(event, marker))
    whole = "".join([text, *(part for change in changes for part in change), *(part.text for part in where)])
    found = list(_found(event, marker)) if marker and "<mark>" not in whole else []
    sign = event.event_code if event.event_code in SIGNS else ""
    return Line(event, sign or "", event_url(event), text, changes, len(event.diff) - len(changes), found, where)


def _where(event: Event, marker: Marker) -> Iterator[Part]:
    """Who, what, in which log, from where; the way to its request; what is not as usual."""
    yield Part(marker.html(cut(who(event), LONGEST), "user_name"), actor_url(event.suid, event.user))
    if about := thing(event):
        yield Part(marker.html(cut(about, LONGEST), "object_label"), object_url(event.object_type, event.object_id))
    if event.log:
        yield Part(visible(cut(label(event.log), LONGEST)))
    if event.ip:
        yield Part(visible(cut(event.ip, LONGEST)))
    if url := request_url(event.request_token):
        yield Part(gettext("same request"), url)
    if event.level and event.level != "INFO":
        yield Part(visible(cut(event.level, LONGEST)), kind="grave" if event.level in GRAVE else "warning")
    yield from (Part(flag, kind="warning") for flag in sorted(event.flags))


def _change(name: str, pair: Any, marker: Marker) -> tuple[str, SafeString, SafeString]:
    """A field, and its old and new value; of a many-to-many field what was removed and what was added."""
    if isinstance(pair, dict):
        old, new = pair.get("removed"), pair.get("added")
    else:
        old, new = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
    key = encode_key(name)
    return visible(name), marker.html(_short(old), f"from.{key}"), marker.html(_short(new), f"to.{key}")


def _short(value: Any) -> str:
    """A value as a line shows it; of a long text only the beginning is looked at."""
    return cut(shown(value[: LONGEST + 1] if isinstance(value, str) else value), LONGEST)


def _found(event: Event, marker: Marker) -> Iterator[tuple[str, SafeString]]:
    """The first texts beside the sentence in which something that was asked for stands, cut around it."""
    places = ((path, marker.segments(text[:SEARCHED], path)) for path, text in _texts(event))
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
