"""What may be typed next into the search box: fields, keys and values, of those that fit what stands there already."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from auditsearch.forms import decode_key
from auditsearch.query.box import BOX, KEYED, SPECIAL
from auditsearch.query.dates import PARTS
from auditsearch.query.tokens import unquoted

MOST = 20
"""Candidates at once."""

_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s()"])+', re.DOTALL)
_NAME = re.compile(r"-?([^\W\d][\w.-]*)$")
_ASKED = re.compile(r'-?([^\W\d][\w.-]*)(:|=|!=)("?)((?:[^"\\]|\\.)*\\?)$', re.DOTALL)
_PLAIN = re.compile(r'(?![=<>~])[^\s()"*|]+')

_PLAIN_KEY = re.compile(r'[^\s:=<>!~()"%]+')

Values = Callable[[str, str], Iterable[str]]
"""Of (field, beginning): values seen there."""


class Completion(NamedTuple):
    """`candidates` may stand in place of the characters `start` to `end`."""

    start: int
    end: int
    candidates: list[str]


def complete(text: str, at: int, keys: Iterable[str], values: Values) -> Completion:
    """Return what may stand at character `at`. `keys` are `snapshot.status` and the like, as they were seen."""
    at = max(0, min(at, len(text)))
    typed = next((piece[0] for piece in _PIECE.finditer(text, 0, at) if piece.end() == at), "")
    if asked := _ASKED.match(typed):
        start, value = at - len(asked[3]) - len(asked[4]), unquoted(f'"{asked[4]}"') if asked[3] else asked[4]
        return Completion(start, at, [_written(one) for one in _fitting(values(asked[1], value), value)])
    if name := _NAME.match(typed):
        return Completion(at - len(name[1]), at, _names(name[1], keys))
    return Completion(at, at, _names("", ()))


def _names(typed: str, keys: Iterable[str]) -> list[str]:
    fields = [f"{name}:" for name in (*BOX, *SPECIAL)] + [f"{root}." for root in KEYED]
    fields += [f"time.{part}:" for part in PARTS]
    return _fitting([*fields, *(f"{_key(key)}:" for key in sorted(set(keys)))], typed)


def _key(path: str) -> str:
    """A stored path as it is typed: each key in quotation marks that needs them."""
    root, *keys = path.split(".")
    return ".".join([root, *(key if _PLAIN_KEY.fullmatch(key) else _quoted(decode_key(key)) for key in keys)])


def _fitting(choices: Iterable[str], typed: str) -> list[str]:
    """Those that begin so come first, then those that have it elsewhere."""
    low = typed.lower()
    found = [choice for choice in dict.fromkeys(choices) if low in choice.lower()]
    return sorted(found, key=lambda choice: not choice.lower().startswith(low))[:MOST]


def _written(value: str) -> str:
    """A value as it is typed: in quotation marks where it needs them."""
    return value if _PLAIN.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
