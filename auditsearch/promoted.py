"""Promoted fields: keys of context and snapshot that the settings make columns, for charts, order and totals."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from auditsearch.conf import settings
from auditsearch.event import from_micros, micros
from auditsearch.exceptions import SettingError
from auditsearch.facts import Leaf, Leaves
from auditsearch.forms import clip, encode_key, iso_utc, plain
from auditsearch.stems import languages

KINDS = ("keyword", "long", "double", "date")
"""What a promoted field can be, by the servers' own names. A date keeps milliseconds."""

PREFIX = "promoted."
"""What a promoted field's stored name begins with."""

NOTHING = "{}"
"""The signature of no promoted fields and no languages."""

CHANGED, CHANGED_PATH = "_changed", "changed"
"""The names of the fields that a change changed: as a question writes them, and where they are among the facts."""

Raw = str | int | float
"""A value as stores hold it: text in its clipped form, a number, or of a date milliseconds since the epoch."""

_ROOTS = {"_context": "context", "_snapshot": "snapshot", "_from": "from", "_to": "to"}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_DECIMAL = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?", re.ASCII)
_LONGEST = 2**63 - 1  # the servers sort what is missing as the ends of the range


class Promoted(NamedTuple):
    """One promoted field: the value at `path`, as `kind`, is the column `promoted.<name>`."""

    name: str
    path: str
    kind: str


def promoted() -> tuple[Promoted, ...]:
    """Return the promoted fields of the settings. Raises SettingError."""
    given = settings.PROMOTED
    return _parsed(tuple((name, *row) for name, row in given.items())) if given else ()


def kind_of(field: str) -> str | None:
    """Return the kind of the column `promoted.<name>`, None where there is no such one."""
    return next((row.kind for row in promoted() if PREFIX + row.name == field), None)


def signature() -> str:
    """Return a text that changes when the promoted fields do, or the languages whose stems are stored."""
    spoken = {"SEARCH_LANGUAGES": list(languages())} if languages() else {}
    return json.dumps({row.name: [row.path, row.kind] for row in promoted()} | spoken, sort_keys=True)


def values(event: Leaves) -> tuple[dict[str, tuple[Raw, ...]], tuple[str, ...]]:
    """Return the values of each promoted field that an event has, and the names of those with a value that misfits."""
    found: dict[str, set[Raw]] = {}
    misfits = []
    paths = {row.path for row in promoted()}  # most leaves are none of theirs
    leaves = [Leaf(*bare) for bare in event.leaves if bare[0] in paths and bare[1] != "empty"] if paths else []
    for name, path, kind in promoted() if leaves else ():
        for leaf in leaves:
            if leaf.path == path:
                value = coerced(kind, leaf)
                if value is None:
                    misfits.append(name)
                else:
                    found.setdefault(name, set()).add(value)
    return {name: tuple(sorted(some)) for name, some in found.items()}, tuple(dict.fromkeys(misfits))


def coerced(kind: str, leaf: Leaf) -> Raw | None:
    """Return a leaf's value as a column of this kind holds it, None where it misfits."""
    match kind, leaf.kind:
        case "keyword", "text":
            return clip(leaf.value)
        case "keyword", "number":
            return clip(plain(leaf.value))
        case "keyword", "bool":
            return "true" if leaf.value else "false"
        case "date", "text":
            moment = iso_utc(leaf.value)
            return micros(datetime.fromisoformat(moment)) // 1000 if moment else None
        case "long" | "double", "number":
            return _number(kind, leaf.value)
        case "long" | "double", "text":
            return _number(kind, Decimal(leaf.value)) if _DECIMAL.fullmatch(leaf.value) else None
    return None


def shown(field: str, raw: Raw) -> Raw | datetime:
    """Return a value of a column as a facet shows it: a date as an aware time."""
    return from_micros(int(raw) * 1000) if kind_of(field) == "date" else raw


def _number(kind: str, number: Decimal | int) -> Raw | None:
    if kind == "double":
        try:
            return float(number) + 0.0 if abs(float(number)) != float("inf") else None  # -0.0 is 0.0
        except OverflowError:
            return None
    return int(number) if -_LONGEST < number < _LONGEST and int(number) == number else None


@lru_cache(maxsize=8)
def _parsed(given: tuple[Sequence[str], ...]) -> tuple[Promoted, ...]:
    return tuple(_row(*row) for row in given)


def _row(name: str, *row: str) -> Promoted:
    where = f"AUDITSEARCH['PROMOTED'][{name!r}]"
    if not _NAME.fullmatch(name):
        raise SettingError(f"{where}: a name is at most 64 of a-z, 0-9 and _, the first a letter.")
    if len(row) != 2 or row[1] not in KINDS:
        raise SettingError(f"{where} must be a key and one of {', '.join(KINDS)}: ['_snapshot__amount', 'double'].")
    if row[0] == CHANGED:
        return Promoted(name, CHANGED_PATH, row[1])
    root, *keys = row[0].split("__")
    if root not in _ROOTS or not keys:
        raise SettingError(f"{where}: the key must be written as in a question, such as '_snapshot__amount'.")
    return Promoted(name, ".".join([_ROOTS[root], *map(encode_key, keys)]), row[1])
