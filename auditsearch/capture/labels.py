"""What people call things: an object's own text, and those of its foreign keys and choices, at no query's cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from django.db import connections, models

from auditsearch.capture.diff import Plan, Row
from auditsearch.conf import settings


class _QueryRefusedError(Exception):
    """A label may not run queries; AUDITSEARCH["LABEL_QUERIES"] = True allows it."""


@contextmanager
def no_queries() -> Iterator[None]:
    """Refuse queries on all open connections of this thread, unless LABEL_QUERIES allows them."""
    guarded = [] if settings.LABEL_QUERIES else connections.all(initialized_only=True)
    for connection in guarded:
        connection.execute_wrappers.append(_refuse)
    try:
        yield
    finally:
        for connection in guarded:
            connection.execute_wrappers.remove(_refuse)


def _refuse(*_: Any) -> NoReturn:
    raise _QueryRefusedError


def label(instance: Any) -> str:
    """Return `str(instance)`; where that asks the database or raises, its kind and key: `order 5`. Call it guarded."""
    try:
        return str.__str__(str(instance))
    except Exception:  # the application's own code may raise anything
        return f"{instance._meta.verbose_name} {instance.pk}"


def labels(plan: Plan, instance: models.Model, row: Row) -> dict[str, str]:
    """Return {attname: text} of the row's choices and of foreign keys whose object is at hand. Call it guarded."""
    found = {}
    for i, field, choices in plan.labelled:
        text = _related(field, instance, row[i]) if field.is_relation else _choice(field, choices, row[i])
        if text is not None:
            found[field.attname] = text
    return found


def _related(field: Any, instance: models.Model, value: Any) -> str | None:
    related = instance._state.__dict__.get("fields_cache", {}).get(field.name)
    if related is None or getattr(related, field.target_field.attname, None) != value:
        return None
    return label(related)


def _choice(field: Any, choices: dict[Any, Any] | None, value: Any) -> str | None:
    try:
        text = (dict(field.flatchoices) if choices is None else choices).get(value)
        return None if text is None else str(text)
    except Exception:  # choices may come from a function of the application
        return None
