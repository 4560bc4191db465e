"""From keyword arguments and Django's Q to a query tree; what is unknown raises, with the choices."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import reduce
from typing import Any, Literal, NamedTuple

from django.db.models import Q

from auditsearch import canonical
from auditsearch.event import ENVELOPE_STRINGS, STORED
from auditsearch.exceptions import InvalidValue, UnknownField, UnknownLookup
from auditsearch.forms import encode_key
from auditsearch.query.algebra import all_of, any_of
from auditsearch.query.dates import PARTS, part
from auditsearch.query.lookups import LOOKUPS, lookups_of
from auditsearch.query.renamed import widened
from auditsearch.query.tree import And, Near, Node, Not, Or, Where, Words
from auditsearch.query.values import Kind, text
from auditsearch.stems import stems_of
from auditsearch.words import words

ROOTS = {"_context": "context", "_snapshot": "snapshot", "_from": "from", "_to": "to"}
"""First part of a keyword that is followed by keys, and the root of its stored path."""

WHOLE = ("search", "phrase")
"""Keywords that ask the whole event for words."""

LIKE: dict[str, Literal["prefix", "fuzzy"]] = {"prefix": "prefix", "fuzzy": "fuzzy"}
"""What follows `search`: each word begins so, or is like it."""

DEEPEST = 20
"""And, Or and Not inside one another; Elasticsearch reads 30, and what a condition becomes is deeper than itself."""

FIELDS: dict[str, tuple[str, Kind]] = {
    "id": ("id", "id"),
    "timestamp": ("ts", "time"),
    **{name: (stored, "text") for name, stored in STORED.items() if stored in ENVELOPE_STRINGS},
    **{name: (name, "text") for name in ENVELOPE_STRINGS},
    "ip": ("ip", "ip"),
    "_changed": ("changed", "text"),
}
"""Keyword -> stored name and kind of value."""


class Field(NamedTuple):
    """What a keyword asks of: a stored path, the kind of its values, and whether text there is asked in part."""

    path: str
    kind: Kind
    loose: bool = False


def tree_of(*questions: Q, **keywords: Any) -> Node:
    """Return the tree of all `questions` and `keywords` together; no question is every event.

    Raises UnknownField, UnknownLookup or InvalidValue.
    """
    try:
        node = _joined("AND", [*map(_node, questions), *(_node(pair) for pair in keywords.items())])
    except RecursionError:
        raise too_deep() from None
    return shallow(node)


def shallow(node: Node, left: int = DEEPEST) -> Node:
    """Return `node`. Raises InvalidValue where it is nested deeper than every store can answer."""
    if left < 0:
        raise too_deep()
    for inner in (node.node,) if isinstance(node, Not) else node.nodes if isinstance(node, And | Or) else ():
        shallow(inner, left - 1)
    return node


def too_deep() -> InvalidValue:
    """Return the error that says how deep a question may be."""
    return InvalidValue(
        f"A question has at most {DEEPEST} of and, or and not inside one another (an exclusive or is three). "
        "Put conditions side by side, and ask for one of many values by in."
    )


def _node(question: Any) -> Node:
    if isinstance(question, tuple) and len(question) == 2 and isinstance(question[0], str):
        return _leaf(*question)
    if not isinstance(question, Q):
        raise InvalidValue(f"A question is a keyword or a django.db.models.Q, not a {type(question).__name__}.")
    node = _joined(question.connector, [_node(child) for child in question.children])
    return Not(node) if question.negated and question.children else node


def _joined(connector: str, nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]
    if connector == "XOR" and nodes:
        return reduce(_differing, nodes[1:], nodes[0])
    return Or(tuple(nodes)) if connector == "OR" and nodes else And(tuple(nodes))


def _differing(one: Node, other: Node) -> Node:
    return Or((And((one, Not(other))), And((Not(one), other))))


def _leaf(keyword: str, value: Any) -> Node:
    name, *parts = canonical.text(keyword).split("__")
    if isinstance(value, set | frozenset):
        value = sorted(value, key=repr)  # a cursor is bound to the question, in each process alike
    if name in WHOLE:
        return whole(name, parts, value)
    if name == "timestamp" and parts and parts[0] in PARTS:
        return part(keyword, parts, value)
    lookup = parts.pop() if parts and parts[-1] in LOOKUPS else None
    if parts and parts[-1] in WHOLE and lookup is None:
        raise UnknownLookup(
            f"{parts[-1]} asks the whole event: write {parts[-1]}='...'. For a part of a value, write "
            f"{'__'.join([name, *parts[:-1]])}__icontains='...'; for a key of this name, add __exact."
        )
    field = _rooted(name, parts, lookup) if name in ROOTS else _named(name, parts, lookup)
    return where(keyword, field, lookup, value)


def where(keyword: str, field: Field, lookup: str | None, value: Any) -> Where:
    """Return the condition on one field; `keyword` names it in errors. Raises UnknownLookup or InvalidValue."""
    if value is None and lookup in (None, "exact"):
        lookup, value = "isnull", True
    lookup, value = widened(field.path, lookup, value)
    if lookup is None:
        lookup = "icontains" if field.loose and isinstance(value, str) else "exact"
    row = LOOKUPS[lookup]
    if field.kind not in row.kinds:
        raise UnknownLookup(f"{keyword}: this field has no {lookup}. It has {', '.join(lookups_of(field.kind))}.")
    return Where(
        field.path, lookup, row.coerce(keyword if lookup in keyword else f"{keyword} ({lookup})", value, field.kind)
    )


def _rooted(name: str, keys: list[str], lookup: str | None) -> Field:
    if not keys or (keys[-1] == "" and lookup is None):
        raise UnknownField(
            f"{name} is followed by a key, such as {name}__title or {name}__title__icontains. "
            "A key that is named like a lookup, or is empty, is followed by a lookup, such as __exact."
        )
    path = ".".join([ROOTS[name], *map(encode_key, keys)])
    return Field(path, "any", loose=name in ("_context", "_snapshot"))


def _named(name: str, parts: list[str], lookup: str | None) -> Field:
    if name not in FIELDS:
        raise UnknownField(_unknown_field(name))
    path, kind = FIELDS[name]
    if parts:
        wrong = "__".join(parts)
        known = [*lookups_of(kind), *(PARTS if name == "timestamp" else ())]
        raise UnknownLookup(f"{name} has no lookup {wrong!r}. {nearest(wrong, known)}")
    return Field(path, kind)


def whole(name: str, parts: list[str], value: Any) -> Node:
    """Return the question for words anywhere; `parts` are what follows the keyword."""
    how = LIKE.get(parts[0]) if len(parts) == 1 and name == "search" else None
    if parts and how is None:
        raise UnknownLookup(
            f"{name} has no lookup {'__'.join(parts)!r}; search has {', '.join(LIKE)}, phrase none. For a part of one "
            "value, write _context__key__icontains='...'."
        )
    asked = words(text(name, value, "any"))
    if not asked:
        raise InvalidValue(f"{name} takes at least one word: a run of letters or digits.")
    if how:
        return all_of(Near(word, how) for word in dict.fromkeys(asked))
    return Words(tuple(asked), True) if name == "phrase" else said(dict.fromkeys(asked))


def said(asked: Iterable[str]) -> Node:
    """Return the question for all of these ready words, in any form where SEARCH_LANGUAGES knows their stems."""
    stems = {word: stems_of(word) for word in asked}
    plain = tuple(word for word, forms in stems.items() if not forms)
    others = [any_of(Words((token,)) for token in (word, *forms)) for word, forms in stems.items() if forms]
    return all_of([*([Words(plain)] if plain else []), *others])


def _unknown_field(name: str) -> str:
    if name in ("context_data", "object_snapshot", "context", "snapshot"):
        root = "_snapshot" if "snapshot" in name else "_context"
        return f"{name} is asked key by key: {root}__key='...', or {root}__key__inner__gte=5."
    return f"There is no field {name!r}. {nearest(name, [*FIELDS, *ROOTS, *WHOLE])}"


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return the sentence that names the nearest choice, and all of them."""
    known = list(choices)
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return (f"Did you mean {near[0]}? " if near else "") + f"There are: {', '.join(known)}."
