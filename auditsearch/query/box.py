"""One condition of the search box, `field operator value`, as keywords would ask it."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from auditsearch.exceptions import QueryError, UnknownField
from auditsearch.forms import encode_key, plain
from auditsearch.promoted import promoted
from auditsearch.query.parse import FIELDS, ROOTS, WHOLE, Field, nearest, tree_of, where
from auditsearch.query.tokens import OPERATORS, Token, Value
from auditsearch.query.tree import And, Node, Not, Or

BOX: dict[str, str] = {
    **{name: name for name in FIELDS if not name.startswith("_")},
    "action": "event_code",
    "kind": "event_type",
    "system": "system_type",
    "label": "object_label",
    "token": "request_token",
    "time": "timestamp",
    "message": "verbose",
    "changed": "_changed",
}
"""Names in the search box, and the keywords that they stand for."""

SPECIAL = {
    "object": "object:shop.Order#5",
    "after": "after:2026-01-31",
    "before": "before:2026-01-31",
    "on": "on:2026-01-31",
}
"""Names with a meaning of their own, each with an example."""

KEYED = {name.removeprefix("_"): name for name in ROOTS}
"""Names that are followed by a dot and keys: `snapshot.status`."""

_LITERALLY = "In quotation marks every sign means itself."
_ORDERS = (">", ">=", "<", "<=")
_LOOKUP = {"=": "exact", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "~": "regex"}
_NUMBER = re.compile(r"[+-]?\d{1,200}(?:\.\d{1,200})?", re.ASCII)
_NO_NUMBER = re.compile(r"[+-]?(?:(?=.*\d)[\d.]*[,_][\d.,_]*|\d+\.|\.\d+|\d+(?:\.\d+)?[eE][+-]?\d+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_NEAR = 0.75  # how alike an unknown name must be to a field to be taken for a slip, and not for a key


def condition(token: Token) -> Node:
    """Return the question of one token. Raises QueryError."""
    if token.operator == "!=":
        return Not(_any(token, "="))
    return _any(token, token.operator)


def _any(token: Token, operator: str) -> Node:
    for value in token.values:
        _readable(operator, value)
    if _is_keyword(token.name) and (lookup := token.name[-1].rpartition("__")[2]) in ("in", "range"):
        _only(operator, token.name[0], (":",))
        given = [value.text if lookup == "in" else _number(value) for value in token.values]
        return tree_of(**{".".join(token.name): given})
    nodes = [_one(token.name, operator, value) for value in token.values]
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def _is_keyword(name: tuple[str, ...]) -> bool:
    """Whether it is a keyword of `filter_events` as it is."""
    return name[0].startswith("_") or "__" in name[0] or (len(name) == 1 and name[0] in WHOLE)


def _readable(operator: str, value: Value) -> None:
    """Refuse what looks like another operator, or like a number that is none."""
    if value.quoted or operator == "~":
        return
    sign = value.text[0]
    if sign in "=<>" or (sign == "~" and operator == "=") or (sign == "!" and value.text[1:2].isalnum()):
        raise QueryError(f"{operator}{sign} is no operator; there are {' '.join(OPERATORS)}. {_LITERALLY}")
    if operator in _ORDERS and _NO_NUMBER.fullmatch(value.text):
        raise QueryError(f"{value.text} is no number; write it like -1234.5. {_LITERALLY}")


def _number(value: Value) -> str | Decimal:
    return Decimal(value.text) if not value.quoted and _NUMBER.fullmatch(value.text) else value.text


def _one(name: tuple[str, ...], operator: str, value: Value) -> Node:
    first, shown = name[0], ".".join(name)
    if name == ("object",):
        return _object(operator, value)
    if first in SPECIAL and len(name) == 1:
        return _time(first, operator, value)
    if _is_keyword(name):
        return _keyword(name, operator, value)
    if len(name) > 1 and BOX.get(first) == "timestamp":
        return _asked(shown, "__".join(["timestamp", *name[1:], _LOOKUP.get(operator, "exact")]), value.text)
    fields = _fields(name)
    nodes = [_field(shown, field, operator, value) for field in fields]
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes))


def _fields(name: tuple[str, ...]) -> list[Field]:
    """What a name may mean: a field, a key of its root, a promoted field, or a key of snapshot or context."""
    first, keys = name[0], name[1:]
    if first in KEYED and keys:
        return [_key(KEYED[first], keys)]
    if first in BOX and not keys:
        path, kind = FIELDS[BOX[first]]
        return [Field(path, kind)]
    if found := [row for row in promoted() if (row.name,) == name]:
        return [Field(found[0].path, "any", loose=True)]
    known = [*BOX, *SPECIAL, *KEYED]
    if first in known or (near := difflib.get_close_matches(first.lower(), known, n=1, cutoff=_NEAR)):
        raise UnknownField(_unknown(name, first, near[0] if first not in known else "", known))
    return [_key("_snapshot", name), _key("_context", name)]


def _unknown(name: tuple[str, ...], first: str, near: str, known: list[str]) -> str:
    shown = ".".join(name)
    if first in KEYED:
        return f"{first} is followed by a key, such as {first}.title."
    if not near:
        return f"{first} has no part {'.'.join(name[1:])!r}. For a key, write snapshot.{shown} or context.{shown}."
    return f"There is no field {shown!r}. {nearest(first, known)} For a key, write snapshot.{shown} or context.{shown}."


def _key(root: str, keys: tuple[str, ...]) -> Field:
    path = ".".join([ROOTS[root], *map(encode_key, keys)])
    return Field(path, "any", loose=root in ("_context", "_snapshot"))


def _field(shown: str, field: Field, operator: str, value: Value) -> Node:
    if operator == ":":
        return _loosely(shown, field, value)
    lookup, number = _LOOKUP[operator], _number(value)
    if isinstance(number, str) or field.kind != "any" or operator == "~":
        return where(shown, field, lookup, value.text)
    if operator != "=":
        return where(shown, field, lookup, number)
    text = where(shown, field, lookup, value.text)
    return text if plain(number) == value.text else Or((text, where(shown, field, lookup, number)))


def _loosely(shown: str, field: Field, value: Value) -> Node:
    """What keywords mean without a lookup; stars at the ends of a bare value say that more may stand there."""
    text = value.text
    if field.kind == "time" and _DATE.fullmatch(text):
        raise QueryError(f"{shown}:{text} asks for its midnight; its whole day is on:{text}, midnight {shown}={text}.")
    if field.kind == "ip" and "/" in text:
        return where(shown, field, "cidr", text)
    if value.quoted or "*" not in text:
        return where(shown, field, None, text)
    body = text.strip("*")
    if "*" in body or (text.strip("*") == "" and text != "*") or text.startswith("**") or text.endswith("**"):
        raise QueryError(
            "A star may stand at the beginning and at the end of a value; in quotation marks it means itself."
        )
    if not body:
        return where(shown, field, "isnull", False)
    lookup = {(False, True): "istartswith", (True, False): "iendswith", (True, True): "icontains"}
    return where(shown, field, lookup[text.startswith("*"), text.endswith("*")], body)


def _object(operator: str, value: Value) -> Node:
    """`shop.Order#5`, `shop.Order` or `#5`."""
    _only(operator, "object", (":", "="))
    model, sign, key = value.text.partition("#")
    if model.isdigit() and not value.quoted:
        raise QueryError(f"{model} is no model; a key is asked as object:#{model}.")
    if not (model or key) or (sign and not key):
        raise QueryError("object is followed by a model, a key, or both: object:shop.Order#5.")
    asked = [(name, replace(value, text=part)) for name, part in (("object_type", model), ("object_id", key)) if part]
    nodes = [_field("object", Field(*FIELDS[name]), operator, part) for name, part in asked]
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes))


def _time(name: str, operator: str, value: Value) -> Node:
    _only(operator, name, (":", "="))
    keyword = {"after": "timestamp__gte", "before": "timestamp__lt", "on": "timestamp__date"}[name]
    return _asked(name, keyword, value.text)


def _asked(shown: str, keyword: str, text: str) -> Node:
    """What a keyword asks; in errors it is called as it was typed."""
    try:
        return tree_of(**{keyword: text})
    except QueryError as error:
        raise QueryError(str(error).replace(keyword, shown, 1)) from error


def _keyword(name: tuple[str, ...], operator: str, value: Value) -> Node:
    """A keyword of `filter_events` as it is."""
    _only(operator, name[0], (":",))
    asked: Any = value.text
    lookup = name[-1].rpartition("__")[2]
    if lookup == "isnull":
        asked = {"true": True, "false": False}.get(value.text.lower(), value.text)
    elif lookup in ("gt", "gte", "lt", "lte"):
        asked = _number(value)
    return tree_of(**{".".join(name): asked})


def _only(operator: str, name: str, known: tuple[str, ...]) -> None:
    if operator not in known:
        raise QueryError(f"{name} takes no {operator}, only {' and '.join(known)}.")
