"""Tracking by declaration: a model that has one of these managers is tracked, whatever MODELS says."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

_declaring: list[type[models.Model]] = []


class DataLoggingManager(models.Manager[Any]):
    """A manager like any other, whose model is tracked.

    class Price(models.Model):
        objects = DataLoggingManager()
    """

    def contribute_to_class(self, cls: type[models.Model], name: str) -> None:
        """Become the manager of a model, and remember to track it."""
        super().contribute_to_class(cls, name)
        _declaring.append(cls)


AuditManager = DataLoggingManager
"""Its second name."""


def declared() -> list[type[models.Model]]:
    """Return the concrete models that are tracked by declaration, their proxies' tables included."""
    found = (model._meta.concrete_model for model in _declaring if model._meta.apps is apps)
    return [model for model in found if model is not None]
