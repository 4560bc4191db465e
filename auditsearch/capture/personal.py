"""PERSONAL: at capture each value that it names leaves the event's text, which keeps a commitment to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from auditsearch import canonical
from auditsearch.capture import cover
from auditsearch.capture.finder import finder, outside, texts_in
from auditsearch.capture.mask import HIDDEN
from auditsearch.capture.named import LABEL, fields_of, of_snapshots, personal, through
from auditsearch.capture.rules import Paths, Rules, beneath
from auditsearch.capture.salts import salt
from auditsearch.personal import CLOSE, COUNT, KEY, OPEN, commit, commitment, filled, pointer, written

SENTENCES = ("verbose", "object_label")

_NOWHERE = ("diff",)
"""Keys of a context in which only what is named is personal: values of fields, which may be equal by chance."""


def committed(members: dict[str, Any], heard: Iterable[str] = ()) -> tuple[dict[str, Any], str | None]:
    """Return the members of an event (by stored names, masked) without its personal values, and the side object.

    Personal is what PERSONAL names in context and snapshot: in an event about a model its fields, under their names
    wherever these stand; paths; keys; and what a pattern matches in any text. Wherever the texts of these values, or
    those that were `heard` of the object, stand in the sentence, the label or the context, they are personal too.
    Values must be such that JSON has them, or be taken by `canonical.normalise`.
    """
    known = personal()
    if known is None:
        return members, None
    making = _Commitments(known)
    made = dict(members)
    fields, snapshots = fields_of(members.get("object_type")), of_snapshots(known)
    own = (*fields, *snapshots)
    anywhere = tuple(path for path in own if path[0] != "*")
    if (LABEL,) in fields and isinstance(made.get("object_label"), str):
        heard = [*heard, members["object_label"]]
    if walked := "snapshot" in made and bool(own or not making.plain):
        made["snapshot"] = making.tree(made["snapshot"], "/snapshot", own, ())
    paths = _in_context(known, snapshots)
    if "context" in made and (paths or own or not making.plain or heard or "bulk" in made["context"]):
        made["context"] = making.tree(made["context"], "/context", paths, anywhere)
    for name in SENTENCES:
        if isinstance(made.get(name), str):
            made[name] = making.text(made[name], f"/{name}")
    making.find(made, heard)
    if not making.side:
        return members, None
    if "snapshot" in made and not walked:
        made["snapshot"] = making.tree(made["snapshot"], "/snapshot", (), ())  # what looks like a commitment is data
    return {COUNT: len(making.side), **made}, written(making.side)


def hidden(members: dict[str, Any], heard: Iterable[str] = ()) -> dict[str, Any]:
    """Return the members of an event with a mark in the place of its personal values: for lines that others read."""
    made, side = committed(members, heard)
    return made if side is None else {name: filled(value, {}) for name, value in made.items() if name != COUNT}


class _Commitments:
    """One event's commitments in the making, and the texts of what was committed to."""

    def __init__(self, known: Rules) -> None:
        self.known = known
        self.side: dict[str, dict[str, str]] = {}
        self.texts: list[str] = []
        self.plain = not (known.names or known.patterns)  # nothing is looked for inside of texts

    def tree(self, value: Any, path: str, paths: Paths, anywhere: Paths) -> Any:
        """Return a tree without what `paths` name from here on, or `anywhere` at any depth."""
        if isinstance(value, str):
            return self.text(value, path)
        if isinstance(value, Mapping):
            made = {key: self.member(key, item, path, paths, anywhere) for key, item in value.items()}
            return {f"${KEY}": made[KEY]} if len(value) == 1 and KEY in value else made
        if isinstance(value, list | tuple):
            return [self.tree(item, f"{path}/{number}", paths, anywhere) for number, item in enumerate(value)]
        return value

    def member(self, key: Any, value: Any, path: str, paths: Paths, anywhere: Paths) -> Any:
        """Return the value of one key, or the commitment to it."""
        if value is None or type(key) is not str:
            return value
        inside = _inside(key, paths, anywhere) if paths or anywhere else ()
        if "." in key:
            inside = (*inside, *_in_full(key))
        if () in inside or (self.known.names and cover.named(key, self.known.names)):
            place = f"{path}/{pointer(f'${KEY}' if key == KEY else key)}"
            return self.change(value, place) if path == "/context/diff" else self.whole(value, place)
        if isinstance(value, str) and self.plain and value.isascii():
            return value
        if isinstance(value, str | Mapping | list | tuple):
            return self.tree(value, f"{path}/{pointer(f'${KEY}' if key == KEY else key)}", inside, anywhere)
        return value

    def change(self, value: Any, path: str) -> Any:
        """Commit to the old and the new value each, or to each that was added or removed."""
        if isinstance(value, dict):
            return {side: self.change(item, f"{path}/{pointer(side)}") for side, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.whole(item, f"{path}/{number}") for number, item in enumerate(value)]
        return self.whole(value, path)

    def whole(self, value: Any, path: str) -> Any:
        """Commit to a whole value; that there is none is told, and what MASK hides is no value."""
        if value is None or (isinstance(value, str) and value == HIDDEN):
            return value
        text = canonical.dumps(canonical.normalise(value))
        self.texts += texts_in(canonical.loads(text))
        return {KEY: self.commit(text, path)}

    def part(self, text: str, path: str) -> str:
        """Commit to a part of a text."""
        return f"{OPEN}{self.commit(canonical.dumps(canonical.text(text)), path)}{CLOSE}" if text else text

    def commit(self, value: str, path: str) -> str:
        """Note a value with a salt of its own."""
        with_salt = salt()
        made = commit(with_salt, path, value)
        self.side[made] = {"path": path, "salt": with_salt.hex(), "value": value}
        return made

    def text(self, text: str, path: str) -> str:
        """Return a text without what follows a name, and what a pattern matches."""
        if text.isascii():
            if self.plain:
                return text
        else:
            text = text.replace(OPEN, "\ufffd").replace(CLOSE, "\ufffd")
        names = self.known.names
        if names and text[:1] in ("{", "[") and cover.mentioned(text, names):
            try:
                return canonical.dumps(canonical.normalise(_Inside(self, path).tree(canonical.loads(text))))
            except (ValueError, RecursionError):
                pass
        if names and cover.mentioned(text, names):
            text = cover.assigned(text, names, lambda part: self.part(part, path))
        for pattern in self.known.patterns:
            text = outside(text, lambda part, one=(pattern,): cover.matched(part, one, lambda p: self.part(p, path)))  # type: ignore[misc]
        return outside(text, lambda part: cover.encoded(part, self.tells, lambda p: self.part(p, path)))

    def tells(self, text: str) -> bool:
        """Return whether a name with a value, or what a pattern matches, stands in a text."""
        names, patterns = self.known.names, self.known.patterns
        return (bool(names) and cover.assigns(text, names, "")) or cover.matches(text, patterns)

    def find(self, made: dict[str, Any], heard: Iterable[str]) -> None:
        """Cover what was heard in the sentences and the context."""
        find = finder([*heard, *self.texts]) if heard or self.texts else None
        if find is None:
            return

        def walk(value: Any, path: str) -> Any:
            if isinstance(value, str):
                return find(value, lambda part: self.part(part, path))
            if isinstance(value, dict) and commitment(value) is None:
                return {key: walk(item, f"{path}/{pointer(str(key))}") for key, item in value.items()}
            return [walk(item, f"{path}/{n}") for n, item in enumerate(value)] if isinstance(value, list) else value

        for name in SENTENCES:
            if name in made:
                made[name] = walk(made[name], f"/{name}")
        if "context" in made:
            context: dict[str, Any] = made["context"]
            made["context"] = {
                key: item if key in _NOWHERE else walk(item, f"/context/{pointer(str(key))}")
                for key, item in context.items()
            }


class _Inside:
    """The same inside of a text that is JSON: what is named there becomes a part of the text."""

    def __init__(self, making: _Commitments, path: str) -> None:
        self.making, self.path = making, path

    def tree(self, value: Any) -> Any:
        """Return the parsed text with parts in the places of what is personal."""
        if isinstance(value, dict):
            return {key: self.member(key, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        if isinstance(value, str):
            return cover.matched(value, self.making.known.patterns, lambda part: self.put(canonical.dumps(part)[1:-1]))
        return value

    def member(self, key: str, value: Any) -> Any:
        """Return the value of one key."""
        if value is None or not cover.named(key, self.making.known.names):
            return self.tree(value)
        self.making.texts += texts_in(value)
        return orjson.Fragment(self.put(canonical.dumps(canonical.normalise(value))))

    def put(self, text: str) -> str:
        """Commit to a part as it stands in the JSON text."""
        return self.making.part(text, self.path)


def _in_context(known: Rules, snapshots: Paths) -> Paths:
    return (*beneath(known.paths, "context"), *(("diff", *path) for path in snapshots)) if known.paths else ()


def _in_full(key: str) -> Iterable[tuple[str, ...]]:
    """`shop.Customer.name__exact`, a question to a field of another model, is named by all of it."""
    label, _, field = key.rpartition(".")
    return through(fields_of(label), field) if label.count(".") == 1 else ()


@lru_cache(maxsize=8192)
def _inside(key: str, paths: Paths, anywhere: Paths) -> Paths:
    """What is left of the paths below a key."""
    return (*beneath(paths, key), *through(anywhere, key))
