"""What an object is called: its own text, at no query's cost."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NoReturn

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.dispatch import receiver

from auditsearch.capture.unsaid import hides_key, unwrapped, without_secrets
from auditsearch.conf import settings


class _QueryRefusedError(Exception):
    """A label may not run queries; AUDITSEARCH["LABEL_QUERIES"] = True allows it."""


class _NoQueries:
    """Refuses queries on all connections of this thread, unless LABEL_QUERIES allows them."""

    def __enter__(self) -> None:
        _thread.guarded = not settings.LABEL_QUERIES
        for connection in _connections() if _thread.guarded else ():
            connection.execute_wrappers.append(_refuse)

    def __exit__(self, *_: object) -> None:
        _thread.guarded = False
        for connection in _connections():
            if _refuse in connection.execute_wrappers:
                connection.execute_wrappers.remove(_refuse)


no_queries = _NoQueries()
_thread = threading.local()


def _connections() -> Sequence[BaseDatabaseWrapper]:
    """Return this thread's connections; asking Django for them each time would cost more than the labels."""
    if _thread.__dict__.get("connections") is None:
        _thread.connections = connections.all(initialized_only=True)
    known: Sequence[BaseDatabaseWrapper] = _thread.connections
    return known


@receiver(connection_created, dispatch_uid="auditsearch.label")
def _forget_connections(**_: object) -> None:
    _thread.connections = None


def refuse_relations_early() -> None:
    """Refuse a foreign key that is not at hand before Django has built its query, which costs more than the label."""
    get_object = ForwardManyToOneDescriptor.get_object
    if hasattr(get_object, "auditsearch"):
        return

    def guarded(self: Any, instance: Any, *args: Any, **options: Any) -> Any:
        if _thread.__dict__.get("guarded"):
            raise _QueryRefusedError
        return get_object(self, instance, *args, **options)

    guarded.auditsearch = True  # type: ignore[attr-defined]
    ForwardManyToOneDescriptor.get_object = guarded  # type: ignore[method-assign]


def _refuse(*_: Any) -> NoReturn:
    raise _QueryRefusedError


def label(instance: Any) -> str:
    """Return `str(instance)`; where that asks the database or raises, its kind and key: `order 5`. Call it guarded."""
    instance = unwrapped(instance)
    try:
        text = str.__str__(str(instance))
    except Exception:  # the application's own code may raise anything
        key = "" if hides_key(instance) else f" {instance.pk}"
        text = f"{instance._meta.verbose_name}{key}"
    return without_secrets(text, instance)
