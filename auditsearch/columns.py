"""Names of a question as the columns that stores order and count by: the envelope, and promoted fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from auditsearch.exceptions import UnknownField
from auditsearch.forms import encode_key
from auditsearch.promoted import CHANGED, CHANGED_PATH, PREFIX, promoted
from auditsearch.query.parse import FIELDS, ROOTS
from auditsearch.refusal import refuse_column

_UNORDERED = {"verbose", "ip", "_changed"}  # a sentence is not kept for sorting, an address sorts as a number there
_UNCOUNTED = {"verbose", "_changed", "id", "timestamp"}

SORTABLE = {name: stored for name, (stored, _) in FIELDS.items() if name not in _UNORDERED}
"""Names of the envelope that `order_by` takes, with the stored ones."""

COUNTABLE = {name: stored for name, (stored, _) in FIELDS.items() if name not in _UNCOUNTED}
"""Names of the envelope that `facets` takes, with the stored ones."""


def ordered(name: str) -> str:
    """Return the column that events are ordered by. Raises UnknownField."""
    return _column(name, SORTABLE, "ordered")


def counted(name: str) -> str:
    """Return the column whose values are counted. Raises UnknownField."""
    return _column(name, COUNTABLE, "counted")


def _column(name: str, known: dict[str, str], use: str) -> str:
    name = str(name)  # None and the like are unknown names, too
    if name in known:
        return known[name]
    for row in promoted():
        if name == row.name or _path(name) == row.path:
            refuse_column(row.path)
            return PREFIX + row.name
    refuse_column(_path(name))
    raise UnknownField(
        f"Events can't be {use} by {name!r}. {_remedy(name, [*known, *(row.name for row in promoted())])}"
    )


def _path(name: str) -> str:
    """The stored path of a key as a question writes it, "" of any other name."""
    if name == CHANGED:
        return CHANGED_PATH
    root, *keys = name.split("__")
    return ".".join([ROOTS[root], *map(encode_key, keys)]) if root in ROOTS and keys else ""


def _remedy(name: str, known: Iterable[str]) -> str:
    choices = list(known)
    if _path(name):
        kind = "keyword" if name == CHANGED else "double"
        promote = f"AUDITSEARCH = {{'PROMOTED': {{'a_name': [{name!r}, {kind!r}]}}}}"
        return f"Promote the key first: {promote}. There are: {', '.join(choices)}."
    near = difflib.get_close_matches(name, choices, n=1)
    return (f"Did you mean {near[0]}? " if near else "") + f"There are: {', '.join(choices)}."
