"""The question of a bulk operation, readable: `{"and": [{"status__exact": "new"}, {"amount__gt": 5}]}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.db.models.sql.where import WhereNode

from auditsearch.capture import mask
from auditsearch.capture.named import fields_of
from auditsearch.capture.unsaid import hidden_of

MOST = 100
"""Values of one `in` that are told."""


def question(where: Any) -> Any:
    """Return the conditions of a query as a JSON tree; what has no simple form as text."""
    if isinstance(where, WhereNode):
        parts = [question(child) for child in where.children]
        tree = {where.connector.lower(): parts} if len(parts) > 1 else parts[0] if parts else {}
        return {"not": tree} if where.negated else tree
    field = getattr(getattr(where, "lhs", None), "target", None)
    if field is None:
        return mask.hide("") if any(map(_is_secret, _fields(where))) else mask.mask_text(str(where))
    name = f"{field.attname}__{where.lookup_name}"
    if any(path[0] == field.attname for path in fields_of(field.model._meta.label)):
        name = f"{field.model._meta.label}.{name}"  # told in full, so that it is known again as personal
    return {name: mask.hide("") if _is_secret(field) or mask.secret(name) else _value(getattr(where, "rhs", None))}


def _is_secret(field: Any) -> bool:
    return field.attname in hidden_of(field.model)


def _fields(expression: Any) -> Iterator[Any]:
    """Yield the fields that stand anywhere in an expression."""
    if (field := getattr(expression, "target", None)) is not None:
        yield field
    for inner in getattr(expression, "get_source_expressions", list)():
        if inner is not None:
            yield from _fields(inner)


def told(value: Any) -> Any:
    """Return a value that was given to a bulk operation; expressions and queries as text."""
    if isinstance(value, Model):
        return value.pk
    return mask.mask_text(str(value)) if hasattr(value, "resolve_expression") else value


def _value(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        values = [told(each) for each in value]
        return values if len(values) <= MOST else {"count": len(values), "first": values[:MOST]}
    model = getattr(value, "model", None)
    return f"a query of {model._meta.label}" if model is not None and not isinstance(value, Model) else told(value)
