"""Canonical JSON: any Python value made fit for it, written one way, hashed, and read back exactly.

UTF-8, no white space, keys sorted by code point at each depth, escapes and floats as orjson writes them, integers
exact, Decimals with their own digits (RFC 8259; the leaf hash is that of RFC 6962, section 2.1).
"""

from __future__ import annotations

import base64
import datetime
import enum
import hashlib
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Manager, Model, QuerySet
from django.db.models.fields.files import FieldFile
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise

LEVELS = 32
"""Containers inside each other that stay structure; what lies deeper becomes one string of JSON text."""

NUMBER_LENGTH = 256
"""Characters of a number's plain form; a longer one becomes a marked string."""

BYTES_KEPT = 1024
"""Binary values up to this many bytes are kept whole (base64), longer ones as size and SHA-256."""

_exact = json.JSONDecoder(parse_float=Decimal)  # `json.loads` would make one each time

Tree = Any
"""What JSON can hold: dict, list, str, int, float, bool, None, and `orjson.Fragment` for exact numbers."""


def normalise(value: Any, level: int = 1) -> Tree:
    """Return `value` as a JSON tree: lossless where JSON can, `<marked>` where it cannot. Never raises.

    `level` says how many containers `value` lies in, itself included. docs/fields.md lists each type's form.
    """
    return _normalise(value, level, set())


def dumps(tree: Tree) -> str:
    """Return the canonical text of a tree made by `normalise`."""
    return orjson.dumps(tree, option=orjson.OPT_SORT_KEYS).decode()


def loads(text: str) -> Any:
    """Read canonical text: integers exact, other numbers as Decimal with their own digits."""
    return _exact.decode(text)


def leaf(text: str) -> str:
    """Return the Merkle leaf of canonical text: lower-case hex of SHA-256(0x00 || UTF-8 bytes)."""
    return hashlib.sha256(b"\0" + text.encode()).hexdigest()


def _normalise(value: Any, level: int, open_ids: set[int]) -> Tree:
    if not isinstance(value, Mapping | list | tuple | Set) or isinstance(value, Promise):
        return scalar(value)
    if id(value) in open_ids:
        return "<circular>"
    if level > LEVELS:
        return _deep_text(value, set(open_ids))
    open_ids.add(id(value))
    try:
        return _container(value, level, open_ids)
    except Exception:  # a mapping or a sequence with a broken iterator is still worth an event
        return _mark("unreadable", value)
    finally:
        open_ids.discard(id(value))


def _container(value: Any, level: int, open_ids: set[int]) -> Tree:
    if isinstance(value, Mapping):
        return {key: _normalise(item, level + 1, open_ids) for key, item in _members(value)}
    return [_normalise(item, level + 1, open_ids) for item in _elements(value)]


def _members(value: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """The items with keys as text; of keys that read alike (`"1"` and `1`) the one that is no string is marked."""
    taken = {text(key) for key in value if isinstance(key, str)}
    members = []
    for key, item in value.items():
        name = text(key) if isinstance(key, str) else _key(key)
        while not isinstance(key, str) and name in taken:
            name = f"<{type(key).__name__}:{name}>"
        taken.add(name)
        members.append((name, item))
    return members


def _key(key: Any) -> str:
    form = scalar(key) if not isinstance(key, tuple) else ",".join(_key(part) for part in key)
    return form if isinstance(form, str) else dumps(form)


def _elements(value: Iterable[Any]) -> Iterable[Any]:
    if isinstance(value, Set):
        return sorted(value, key=lambda item: dumps(normalise(item)))
    return value


def _deep_text(value: Any, open_ids: set[int]) -> str:
    """Write a container of any depth as JSON text, with a stack of our own: recursion ends near 1,000."""
    parts: list[str] = []
    todo: list[tuple[str, Any]] = [("value", value)]
    while todo:
        kind, item = todo.pop()
        if kind == "text":
            parts.append(item)
        elif kind == "close":
            open_ids.discard(item)
        elif id(item) in open_ids:
            parts.append('"<circular>"')
        elif isinstance(item, Mapping | list | tuple | Set):
            open_ids.add(id(item))
            todo += reversed([*_pieces(item), ("close", id(item))])
        else:
            parts.append(dumps(scalar(item)))
    return "".join(parts)


def _pieces(value: Any) -> Iterator[tuple[str, Any]]:
    mapping = isinstance(value, Mapping)
    members = sorted(_members(value), key=lambda member: member[0]) if mapping else [("", x) for x in _elements(value)]
    yield "text", "{" if mapping else "["
    for n, (key, item) in enumerate(members):
        yield "text", ("," if n else "") + (dumps(key) + ":" if mapping else "")
        yield "value", item
    yield "text", "}" if mapping else "]"


def scalar(value: Any) -> Tree:
    """Return the form of a value that is no container; the first matching type of `_FORMS` decides."""
    if value is None or value is True or value is False:
        return value
    form = _FORMS.get(type(value)) or next((form for kind, form in _KINDS if isinstance(value, kind)), _foreign)
    try:
        return form(value)
    except Exception:  # __str__, a lazy string's function or a property of a foreign class may raise anything
        return _mark("unprintable", value)


def text(value: str) -> str:
    """Return a plain str that UTF-8 can hold: a lone surrogate becomes its `\\udXXX` escape."""
    plain = str.__str__(value)
    if plain.isascii():
        return plain
    return plain.encode("utf-8", "backslashreplace").decode()


def number(value: int | Decimal) -> Tree:
    """Return an exact JSON number, or a marked string where its plain form exceeds 256 characters."""
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return int(value)
        return orjson.Fragment(str(value)) if value.bit_length() <= 846 else f"<int:{value:#x}>"
    if not value.is_finite():
        return _not_finite(value)
    if (value and abs(value.adjusted()) > NUMBER_LENGTH) or len(value.as_tuple().digits) > NUMBER_LENGTH:
        return f"<number:{value}>"
    plain = format(value, "f")
    return orjson.Fragment(plain) if len(plain) <= NUMBER_LENGTH else f"<number:{value}>"


def moment(value: datetime.datetime) -> str:
    """Return ISO 8601: Z for UTC, else the value's own offset; none for a naive time, which is meant in TIME_ZONE."""
    offset = value.utcoffset()
    if offset is None:
        return value.replace(tzinfo=None).isoformat()
    if offset.total_seconds() % 60:  # local mean times of history: no ISO offset has seconds
        value = value.astimezone(datetime.UTC)
    return value.isoformat().replace("+00:00", "Z")


def _float(value: float) -> Tree:
    if not math.isfinite(value):
        return _not_finite(value)
    return float(value) if 1e-200 < abs(value) < 1e200 or not value else number(Decimal(repr(float(value))))


def _not_finite(value: float | Decimal) -> str:
    return "<NaN>" if value != value else "<Infinity>" if value > 0 else "<-Infinity>"


def _bytes(value: bytes | bytearray | memoryview) -> str:
    raw = bytes(value)
    if len(raw) <= BYTES_KEPT:
        return f"<bytes:{base64.b64encode(raw).decode()}>"
    return f"<bytes:{len(raw)} sha256:{hashlib.sha256(raw).hexdigest()}>"


def _file(value: Any) -> str:
    return f"<file:{text(str(getattr(value, 'name', '')))}>"


def _foreign(value: Any) -> str:
    kind = type(value)
    if all(getattr(kind, name) is getattr(object, name) for name in ("__str__", "__repr__")):
        return _mark("object", value)  # its own text would be a memory address, another one each time
    return text(str(value))


def _mark(word: str, value: Any) -> str:
    kind = type(value)
    return f"<{word} {kind.__module__}.{kind.__qualname__}>"


_FORMS: dict[type, Callable[[Any], Tree]] = {
    str: text,
    int: number,
    float: _float,
    Decimal: number,
    datetime.datetime: moment,
    datetime.date: datetime.date.isoformat,
    UUID: str,
}
_KINDS: tuple[tuple[Any, Callable[[Any], Tree]], ...] = (
    (enum.Enum, lambda value: normalise(value.value)),
    (str, text),
    (bool, bool),
    (int, number),
    (float, _float),
    (Decimal, number),
    (datetime.datetime, moment),
    (datetime.date, datetime.date.isoformat),
    (datetime.time, datetime.time.isoformat),
    (datetime.timedelta, duration_iso_string),
    ((bytes, bytearray, memoryview), _bytes),
    (FieldFile, lambda value: text(value.name or "")),
    (io.IOBase, _file),
    (Promise, lambda value: text(str(value))),
    (Model, lambda value: normalise(value.pk)),
    ((QuerySet, Manager), lambda value: _mark("queryset", value)),
    (orjson.Fragment, lambda value: value),
    (type, lambda value: f"{value.__module__}.{value.__qualname__}"),
    (Iterator, lambda value: _mark("iterator", value)),
)
