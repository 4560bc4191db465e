"""What a change changed: old and new side by side, with the words that differ marked on both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import islice, repeat, zip_longest
from typing import Any

from auditsearch.event import Event
from auditsearch.web import show
from auditsearch.web.show_fields import Fields, Value
from auditsearch.web.show_tree import DEPTH, LENGTH

ROWS = 200
"""Differences of one event or two states that are shown."""

CELLS = 250_000
"""Pairs of words that are compared at most; of larger texts the whole middle is marked."""

NEAR = 200
"""Characters of a long unchanged text that are shown beside a change."""

MANY = 100
"""Pieces of a long text that are shown."""

Part = tuple[str, bool]
"""A piece of a text, and whether it differs."""

_NOTHING: Mapping[str, Any] = {}
_ABSENT = object()
_TOKEN = re.compile(r"\d+(?:[.,]\d+)+|\w+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Side:
    """One side of a difference: `parts` of one text, or the `values` that were added or removed; `left` out so many."""

    parts: list[Part] = field(default_factory=list)
    value: Value | None = None
    values: list[Value] = field(default_factory=list)
    left: int = 0


@dataclass(frozen=True)
class Difference:
    """One field, or one key inside it (`key` is then the path), before and after."""

    key: str
    title: str
    old: Side
    new: Side


@dataclass(frozen=True)
class Differences:
    """The rows to show, and whether there are more."""

    rows: list[Difference]
    more: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows)


def of_event(event: Event) -> Differences:
    """Return what an event says that it changed."""
    fields, said = Fields(event.object_type), labels_of(event)
    return _cut(row for name, change in event.diff.items() for row in _change(fields, name, change, said.get(name)))


def of_states(
    fields: Fields,
    left: Mapping[str, Any],
    right: Mapping[str, Any],
    left_labels: Mapping[str, Any] = _NOTHING,
    right_labels: Mapping[str, Any] = _NOTHING,
) -> Differences:
    """Return in which fields two states of an object differ; the labels are what their events call the values."""
    names = dict.fromkeys([*left, *right])
    return _cut(
        row
        for name in names
        for row in _pair(
            fields, name, (left.get(name), right.get(name)), (left_labels.get(name), right_labels.get(name))
        )
    )


def labels_of(event: Event | None) -> dict[str, Any]:
    """Return what an event calls values of its object, by field."""
    said = event.context_data.get("labels") if event else None
    return said if isinstance(said, dict) else {}


def marked(old: str, new: str) -> tuple[list[Part], list[Part]]:
    """Return two texts in pieces, those marked that the other does not have; together they are the texts."""
    one, two = _TOKEN.findall(old), _TOKEN.findall(new)
    head = _alike(one, two)
    tail = _alike(one[head:][::-1], two[head:][::-1])
    first, second = one[head : len(one) - tail], two[head : len(two) - tail]
    left, right = [("".join(one[:head]), False)], [("".join(two[:head]), False)]
    for place, a, b, c, d in _steps(first, second):
        left.append(("".join(first[a:b]), place != "equal"))
        right.append(("".join(second[c:d]), place != "equal"))
    left.append(("".join(one[len(one) - tail :]), False))
    right.append(("".join(two[len(two) - tail :]), False))
    return _joined(left), _joined(right)


def _steps(first: list[str], second: list[str]) -> list[tuple[str, int, int, int, int]]:
    if len(first) * len(second) > CELLS:
        return [("replace", 0, len(first), 0, len(second))]
    return [*SequenceMatcher(None, first, second, autojunk=False).get_opcodes()]


def _alike(one: list[str], two: list[str]) -> int:
    """How many words at the beginning are the same."""
    return next((n for n, (a, b) in enumerate(zip_longest(one, two)) if a != b), len(one))


def _joined(parts: list[Part]) -> list[Part]:
    """The pieces that have text; neighbours of one kind, and blanks between marked ones, are one."""
    parts = [part for part in parts if part[0]]
    found: list[Part] = []
    for (text, differs), (_, then) in zip_longest(parts, parts[1:], fillvalue=("", False)):
        differs = differs or bool(text.isspace() and found and found[-1][1] and then)
        if found and found[-1][1] == differs:
            text = found.pop()[0] + text
        found.append((text, differs))
    return found


def _change(fields: Fields, name: str, change: Any, said: Any) -> Iterator[Difference]:
    if isinstance(change, dict):
        yield _related(fields, name, change, said)
        return
    both = (change[0], change[1]) if isinstance(change, list) and len(change) == 2 else (None, change)
    rows = list(islice(_pair(fields, name, both, (None, said)), ROWS + 1))
    hidden = (fields.value(name, value) for value in both)
    yield from rows or [_row(fields, name, "", *hidden)]  # masked on both sides, it has changed all the same


def _related(fields: Fields, name: str, change: dict[str, Any], said: Any) -> Difference:
    """A many-to-many field: what was removed, and what was added. Labels are told together, added ones first."""
    added, removed = (_listed(change.get(side)) for side in ("added", "removed"))
    texts = said if isinstance(said, list) and len(said) == len(added) + len(removed) else repeat(None)
    values = [fields.value(name, key, text) for key, text in zip([*added, *removed], texts, strict=False)]
    old, new = _values(values[len(added) :]), _values(values[: len(added)])
    return Difference(show.visible(name), fields.title(name), old, new)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _values(values: list[Value]) -> Side:
    return Side(values=values[:ROWS], left=max(0, len(values) - ROWS))


def _pair(fields: Fields, name: str, both: tuple[Any, Any], said: tuple[Any, Any]) -> Iterator[Difference]:
    """The rows of one field that differ: one, or of containers one for each member that does."""
    for path, one, two in _inside("", *both, 1):
        values = [fields.value(name, one, said[0]), fields.value(name, two, said[1])] if not path else _bare(one, two)
        yield _row(fields, name, path, *values)


def _row(fields: Fields, name: str, path: str, old: Value, new: Value) -> Difference:
    return Difference(show.visible(name + path), fields.title(name) + show.visible(path), *_sides(old, new))


def _inside(path: str, old: Any, new: Any, depth: int) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, old, new) of the members that differ; a list that has grown or shrunk is one of them."""
    keyed = isinstance(old, dict) and isinstance(new, dict)
    listed = isinstance(old, list) and isinstance(new, list) and len(old) == len(new)
    if depth > DEPTH or not (keyed or listed):
        if old is not new and (old != new or isinstance(old, bool) != isinstance(new, bool)):
            yield path, old, new
        return
    for key in dict.fromkeys([*old, *new]) if keyed else range(len(old)):
        one, two = (old.get(key, _ABSENT), new.get(key, _ABSENT)) if keyed else (old[key], new[key])
        yield from _inside(f"{path}.{key}" if keyed else f"{path}[{key}]", one, two, depth + 1)


def _bare(*raw: Any) -> list[Value]:
    return [Value("" if each is _ABSENT else show.block(each)) for each in raw]


def _sides(old: Value, new: Value) -> tuple[Side, Side]:
    one, two = marked(old.text, new.text)
    return _side(old, one), _side(new, two)


def _side(value: Value, parts: list[Part]) -> Side:
    """A side, of long texts only what differs and what stands around it."""
    if len(value.text) <= LENGTH:
        return Side(parts, value)
    short = [(text if differs else _around(text, n, len(parts)), differs) for n, (text, differs) in enumerate(parts)]
    kept = [(text[:LENGTH], differs) for text, differs in short[:MANY]]
    return Side(kept, value, left=sum(len(text) for text, _ in short) - sum(len(text) for text, _ in kept))


def _around(text: str, place: int, count: int) -> str:
    """What of an unchanged text stands near the changes around it."""
    if len(text) <= 2 * NEAR:
        return text
    return f"{text[:NEAR] if place else ''} … {text[-NEAR:] if place < count - 1 else ''}".strip(" " if place else "")


def _cut(rows: Iterator[Difference]) -> Differences:
    found = list(islice(rows, ROWS + 1))
    return Differences(found[:ROWS], len(found) > ROWS)
