"""Facts: each leaf of an event as strings in one keyword field, so that any key can be asked without a mapping.

`leaves` says what of an event can be asked at all (the caps cut there, alike for the engines and the oracle), and
`facts` writes those leaves as strings `path + kind + value`, where kind is one of

    =  text form          #  order-preserving hex of a number         @  UTC time of a full ISO date or time
    ~  window of a value over 256 characters      ?  a container beneath which nothing else is known
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from django.utils.timezone import get_default_timezone

from auditsearch.canonical import LEVELS, NUMBER_LENGTH, dumps, normalise
from auditsearch.event import ENVELOPE_STRINGS, from_micros
from auditsearch.forms import STRIDE, VALUE, clip, encode_key, iso_utc, number_key, plain, sanitise, windows
from auditsearch.stems import with_stems
from auditsearch.words import fold, text_of

PATH = 512
"""Bytes of a path; a longer one is not known."""

FACTS = 5_000
"""Facts of an event."""

TEXT = 65_536
"""Bytes of an event's ready words."""


class Leaf(NamedTuple):
    """One askable value. text: str; number: Decimal or int; bool: bool; empty: None."""

    path: str
    kind: Literal["text", "number", "bool", "empty"]
    value: Any


class Leaves(NamedTuple):
    """All that can be asked of one event. `text` holds its ready words; `clipped` says that a cap cut something."""

    id: str
    ts: int
    leaves: list[Leaf]
    text: str
    clipped: bool


class Facts(NamedTuple):
    """The two keyword fields of a document; sets, in order of making."""

    facts: tuple[str, ...]
    folded: tuple[str, ...]


def leaves(tree: dict[str, Any]) -> Leaves:
    """Return what can be asked of the event whose canonical JSON was read to `tree`."""
    named = [Leaf(name, "text", sanitise(tree[name])) for name in ENVELOPE_STRINGS if isinstance(tree.get(name), str)]
    walk = _Walk()
    context = tree.get("context") or {}
    _diff(walk, context)
    payload = len(walk.found)
    walk.members("context", context, 1)
    walk.members("snapshot", tree.get("snapshot") or {}, 1)
    text, too_long = text_of(_strings(named, walk.found[payload:]), TEXT)
    found = [*named, *_time_parts(tree["ts"]), *walk.found]
    kept, cut = _within(found)
    text = with_stems(text)
    return Leaves(tree["id"], tree["ts"], kept, text, walk.clipped or cut or too_long)


def facts(event: Leaves) -> Facts:
    """Return the strings for `facts`, and for `folded` those of values that folding changes."""
    plain: list[str] = []
    folded: list[str] = []
    for leaf in event.leaves:
        path, kind, value = leaf
        plain += _forms(leaf)
        if kind == "text" and (other := fold(value)) != value:
            folded += _text_forms(path, other)
    return Facts(tuple(dict.fromkeys(plain)), tuple(dict.fromkeys(folded)))


class _Walk:
    """One walk over an event's payload: the leaves found, and whether a cap on depth, key or path cut."""

    def __init__(self) -> None:
        self.found: list[Leaf] = []
        self.clipped = False

    def members(self, path: str, value: dict[str, Any], level: int) -> None:
        for key, item in value.items():
            if item is not None:
                self.clipped = self.clipped or len(key) > VALUE
                self.leaf(f"{path}.{encode_key(key)}", item, level + 1)

    def leaf(self, path: str, value: Any, level: int) -> None:
        if len(path) * 4 > PATH and len(path.encode()) > PATH:
            self.clipped = True
        elif not isinstance(value, dict | list):
            self.found.append(_scalar(path, value))
        elif level > LEVELS:
            self.clipped = True
            self.found.append(Leaf(path, "text", sanitise(dumps(normalise(value)))))
        else:
            self.container(path, value, level)

    def container(self, path: str, value: dict[str, Any] | list[Any], level: int) -> None:
        before = len(self.found)
        if isinstance(value, dict):
            self.members(path, value, level)
        else:
            self.elements(path, value, level)
        if len(self.found) == before:
            self.found.append(Leaf(path, "empty", None))

    def elements(self, path: str, value: list[Any], level: int) -> None:
        for item in value:
            if item is not None:
                self.leaf(path, item, level + 1)


def _scalar(path: str, value: Any) -> Leaf:
    if isinstance(value, str):
        return Leaf(path, "text", sanitise(value))
    if isinstance(value, bool):
        return Leaf(path, "bool", value)
    return Leaf(path, "number", value) if len(plain(value)) <= NUMBER_LENGTH else Leaf(path, "text", str(value))


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
        walk.found.append(Leaf("changed", "text", sanitise(field)))
        for side, value in (("from", old), ("to", new)):
            if value is not None:
                walk.leaf(f"{side}.{encode_key(field)}", value, 2)


def _time_parts(ts: int) -> list[Leaf]:
    try:
        moment = from_micros(ts).astimezone(get_default_timezone())
    except (OverflowError, ValueError):
        return []
    parts = {"year": moment.year, "month": moment.month, "day": moment.day}
    parts |= {"weekday": moment.isoweekday(), "hour": moment.hour}
    return [Leaf(f"@{name}", "text", str(number)) for name, number in parts.items()]


def _within(found: list[Leaf]) -> tuple[list[Leaf], bool]:
    """Keep as many leaves as their facts fit into the cap; the value that reaches over it is cut to what fits."""
    if len(found) * 3 <= FACTS and all(leaf.kind != "text" or len(leaf.value) <= VALUE for leaf in found):
        return found, False
    kept: list[Leaf] = []
    room = FACTS
    for leaf in found:
        need = len(_forms(leaf))
        if need > room and leaf.kind == "text" and room > 3:
            kept.append(leaf._replace(value=leaf.value[: VALUE + STRIDE * (room - 3)]))
        if need > room:
            return kept, True
        room -= need
        kept.append(leaf)
    return kept, False


def _strings(named: list[Leaf], payload: list[Leaf]) -> list[str]:
    first = [leaf.value for leaf in named if leaf.path in ENVELOPE_STRINGS[:4]]
    return first + [
        value if kind == "text" else plain(value) for _, kind, value in payload if kind in ("text", "number")
    ]


def _forms(leaf: Leaf) -> list[str]:
    path, kind, value = leaf
    if kind == "text":
        moment = iso_utc(value) if value[:1].isdigit() else None
        return [*_text_forms(path, value), f"{path}@{moment}"] if moment else _text_forms(path, value)
    if kind == "number":
        return [f"{path}={plain(value)}", f"{path}#{number_key(value)}"]
    if kind == "bool":
        return [f"{path}=true", f"{path}#true"] if value else [f"{path}=false", f"{path}#false"]
    return [f"{path}?"]


def _text_forms(path: str, value: str) -> list[str]:
    if len(value) <= VALUE:
        return [f"{path}={value}"]
    return [f"{path}={clip(value)}", *[f"{path}~{window}" for window in windows(value)]]
