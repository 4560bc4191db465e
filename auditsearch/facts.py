"""Facts: each leaf of an event as strings in one keyword field, so that any key can be asked without a mapping.

`leaves` says what of an event can be asked at all (the caps cut there, alike for the engines and the oracle), and
`facts` writes those leaves as strings `path + kind + value`, where kind is one of

    =  text form          #  order-preserving hex of a number         @  UTC time of a full ISO date or time
    ~  window of a value over 256 characters      ?  a container beneath which nothing else is known
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from django.utils.timezone import get_default_timezone

from auditsearch.canonical import LEVELS, NUMBER_LENGTH, dumps, normalise
from auditsearch.event import ENVELOPE_STRINGS, from_micros
from auditsearch.forms import STRIDE, VALUE, clip, encode_key, iso_utc, key_of, plain, sanitise, windows
from auditsearch.stems import with_stems
from auditsearch.words import fold, text_of

PATH = 512
"""Bytes of a path; a longer one is not known."""

FACTS = 5_000
"""Facts of an event."""

TEXT = 65_536
"""Bytes of an event's ready words."""

_SAID = ENVELOPE_STRINGS[:4]  # whose words are found


Kind = Literal["text", "number", "bool", "empty"]


class Leaf(NamedTuple):
    """One askable value. text: str; number: Decimal or int; bool: bool; empty: None."""

    path: str
    kind: Kind
    value: Any


Bare = tuple[str, Kind, Any]
"""A leaf without the names of its parts: it is made in a seventh of the time, and each event has some fifty."""


class Leaves(NamedTuple):
    """All that can be asked of one event. `text` holds its ready words; `clipped` says that a cap cut something.

    `personal` are the words of what PERSONAL names: see `auditsearch.askable`.
    """

    id: str
    ts: int
    leaves: list[Bare]
    text: str
    clipped: bool
    personal: str = ""


class Facts(NamedTuple):
    """The two keyword fields of a document; sets, in order of making."""

    facts: tuple[str, ...]
    folded: tuple[str, ...]


def leaves(tree: dict[str, Any]) -> Leaves:
    """Return what can be asked of the event whose canonical JSON was read to `tree`."""
    head, diff, walk = _Walk(), _Walk(), _Walk()
    for name in ENVELOPE_STRINGS:
        if type(value := tree.get(name)) is str:
            head.text(name, value)
    said = [value for path, _, value in head.found if path in _SAID]
    context = tree.get("context") or {}
    _diff(diff, context)
    walk.members("context", context, 1)
    walk.members("snapshot", tree.get("snapshot") or {}, 1)
    text, too_long = text_of(said + walk.strings, TEXT)
    found = [*head.found, *_time_parts(tree["ts"]), *diff.found, *walk.found]
    may_exceed = head.long or diff.long or walk.long or len(found) * 3 > FACTS
    kept, cut = within(found) if may_exceed else (found, False)
    clipped = diff.clipped or walk.clipped or cut or too_long
    return Leaves(tree["id"], tree["ts"], kept, with_stems(text), clipped)


def facts(event: Leaves) -> Facts:
    """Return the strings for `facts`, and for `folded` those of values that folding changes."""
    made: dict[str, None] = {}  # a set that keeps its order
    folded: list[str] = []
    for path, kind, value in event.leaves:
        if kind == "text" and len(value) <= VALUE:  # most are, and this saves two calls
            made[f"{path}={value}"] = None
            if value[4:5] == "-" and (moment := iso_utc(value)):
                made[f"{path}@{moment}"] = None
        elif kind == "number":
            form = plain(value)
            made[f"{path}={form}"] = made[f"{path}#{key_of(form)}"] = None
        else:
            made |= dict.fromkeys(_forms(path, kind, value))
        if kind == "text" and (other := value.lower() if value.isascii() else fold(value)) != value:
            folded += _text_forms(path, other)
    return Facts(tuple(made), tuple(dict.fromkeys(folded)))


class _Walk:
    """One walk over a part of an event: its leaves, their strings, whether a cap cut there, and if one is `long`."""

    def __init__(self) -> None:
        self.found: list[Bare] = []
        self.strings: list[str] = []
        self.clipped = self.long = False

    def members(self, path: str, value: dict[str, Any], level: int) -> None:
        found, strings, short = self.found.append, self.strings.append, PATH // 4 - len(path)
        for key, item in value.items():
            if item is None:
                continue
            if key.isidentifier() and len(key) < short:  # most are; a cache of all models' paths is no quicker
                name = f"{path}.{key}"
            else:
                self.clipped = self.clipped or len(key) > VALUE
                name = _beneath(path, key)
            if type(item) is str and len(item) <= VALUE and name:  # most are, and this saves a call
                text = item if item.isascii() else sanitise(item)
                found((name, "text", text))
                strings(text)
            else:
                self.leaf(name, item, level + 1)

    def leaf(self, path: str, value: Any, level: int) -> None:
        if not path:
            self.clipped = True
        elif type(value) is str:
            self.text(path, value)
        elif type(value) is not dict and type(value) is not list:
            self.scalar(path, value)
        elif level > LEVELS:
            self.clipped = True
            self.text(path, dumps(normalise(value)))
        else:
            self.container(path, value, level)

    def text(self, path: str, value: str) -> None:
        if not value.isascii():
            value = sanitise(value)
        if len(value) > VALUE:
            self.long = True
        self.found.append((path, "text", value))
        self.strings.append(value)

    def scalar(self, path: str, value: bool | int | Decimal) -> None:
        if value is True or value is False:
            self.found.append((path, "bool", value))
        elif len(form := plain(value)) > NUMBER_LENGTH:
            self.text(path, str(value))
        else:
            self.found.append((path, "number", value))
            self.strings.append(form)

    def container(self, path: str, value: dict[str, Any] | list[Any], level: int) -> None:
        before = len(self.found)
        if isinstance(value, dict):
            self.members(path, value, level)
        else:
            self.elements(path, value, level)
        if len(self.found) == before:
            self.found.append((path, "empty", None))

    def elements(self, path: str, value: list[Any], level: int) -> None:
        for item in value:
            if item is not None:
                self.leaf(path, item, level + 1)


def _beneath(path: str, key: str) -> str:
    """The path of a key in a container; "" where it is too long to be known."""
    path = f"{path}.{encode_key(key)}"
    return "" if len(path) * 4 > PATH and len(path.encode()) > PATH else path


def _diff(walk: _Walk, context: dict[str, Any]) -> None:
    """`changed`, `from.…` and `to.…` of {field: [old, new]} or, many to many, {field: {added, removed}}."""
    diff = context.get("diff")
    for field, change in diff.items() if isinstance(diff, dict) else ():
        if isinstance(change, list) and len(change) == 2:
            old, new = change
        elif isinstance(change, dict) and change and change.keys() <= {"added", "removed"}:
            old, new = change.get("removed"), change.get("added")
        else:
            continue
        walk.found.append(("changed", "text", sanitise(field)))
        for side, value in (("from", old), ("to", new)):
            if value is not None:
                walk.leaf(_beneath(side, field), value, 2)


def _time_parts(ts: int) -> list[Bare]:
    try:
        moment = from_micros(ts).astimezone(get_default_timezone())
    except (OverflowError, ValueError):
        return []
    return _parts_of(moment.date(), moment.hour)


@lru_cache(maxsize=1024)
def _parts_of(day: date, hour: int) -> list[Bare]:
    parts = {"year": day.year, "month": day.month, "day": day.day, "weekday": day.isoweekday(), "hour": hour}
    return [(f"@{name}", "text", str(number)) for name, number in parts.items()]


def within(found: list[Bare]) -> tuple[list[Bare], bool]:
    """Keep as many leaves as their facts fit into the cap; the value that reaches over it is cut to what fits."""
    if len(found) * 3 <= FACTS and all(kind != "text" or len(value) <= VALUE for _, kind, value in found):
        return found, False
    kept: list[Bare] = []
    room = FACTS
    for leaf in found:
        path, kind, value = leaf
        need = len(_forms(path, kind, value))
        if need > room and kind == "text" and room > 3:
            kept.append((path, kind, value[: VALUE + STRIDE * (room - 3)]))
        if need > room:
            return kept, True
        room -= need
        kept.append(leaf)
    return kept, False


def _forms(path: str, kind: str, value: Any) -> list[str]:
    if kind == "text":
        moment = iso_utc(value)
        return [*_text_forms(path, value), f"{path}@{moment}"] if moment else _text_forms(path, value)
    if kind == "number":
        form = plain(value)
        return [f"{path}={form}", f"{path}#{key_of(form)}"]
    if kind == "bool":
        return [f"{path}=true", f"{path}#true"] if value else [f"{path}=false", f"{path}#false"]
    return [f"{path}?"]


def _text_forms(path: str, value: str) -> list[str]:
    if len(value) <= VALUE:
        return [f"{path}={value}"]
    return [f"{path}={clip(value)}", *[f"{path}~{window}" for window in windows(value)]]
