"""Nested values as a flat list of lines that a template can fold: no depth and no width is too much for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from auditsearch.web import show
from auditsearch.web.show_fields import Value

LINES = 1000
"""Lines of one value that are shown."""

LENGTH = 2000
"""Characters of one text that are shown; what is longer stands in the canonical text."""

DEPTH = 40
"""Containers inside each other that are folded one by one; deeper ones are JSON text."""

Read = Callable[[str, Any], Value]
"""How a member's value is shown, by its key."""


@dataclass(frozen=True)
class Line:
    """A value with its key, or where a container is opened and closed; `left` is how many characters are not shown."""

    kind: Literal["leaf", "open", "close", "more"]
    key: str = ""
    title: str = ""
    value: Value | None = None
    size: int = 0
    left: int = 0
    is_list: bool = False


def lines(tree: Any, read: Read | None = None, title: Callable[[str], str] = show.visible) -> list[Line]:
    """Return the lines of the members of a dict or list, 1,000 at most; `read` shows those at the top."""
    found = list(islice(_members(tree, read or _plain, title, 1), LINES + 1))
    return found if len(found) <= LINES else [*_closed(found[:LINES]), Line("more")]


def leaf(key: str, title: str, value: Value) -> Line:
    """Return the line of one value, its text cut."""
    left = max(0, len(value.text) - LENGTH)
    return Line("leaf", key, title, Value(value.text[:LENGTH], value.label, value.url) if left else value, left=left)


def _members(tree: Any, read: Read, title: Callable[[str], str], depth: int) -> Iterator[Line]:
    pairs: Iterable[tuple[Any, Any]] = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for name, item in pairs:
        key = show.visible(str(name))
        if not item or not isinstance(item, dict | list) or depth > DEPTH:
            yield leaf(key, title(str(name)), read(str(name), item))
            continue
        yield Line("open", key, title(str(name)), size=len(item), is_list=isinstance(item, list))
        yield from _members(item, _plain, show.visible, depth + 1)
        yield Line("close")


def _plain(_key: str, raw: Any) -> Value:
    return Value(show.block(raw))


def _closed(cut: list[Line]) -> list[Line]:
    """The lines, with all closed that is open."""
    depth = sum({"open": 1, "close": -1}.get(line.kind, 0) for line in cut)
    return cut + [Line("close")] * depth
