"""Routers for a database of its own: name it in DATABASE, and list both in Django's DATABASE_ROUTERS.

AUDITSEARCH = {"DATABASE": "log_db"}
DATABASE_ROUTERS = ["auditsearch.dbrouters.DataLoggerRouter", "auditsearch.dbrouters.NotUseDataLoggerDBRouter"]
"""

from __future__ import annotations

from typing import Any

from auditsearch.conf import settings

APP = "auditsearch"


class DataLoggerRouter:
    """Sends the outbox's tables to DATABASE, makes them nowhere else, and lets no other model point to them."""

    def db_for_read(self, model: Any, **_: Any) -> str | None:
        """Return DATABASE for our own models."""
        return settings.DATABASE if model._meta.app_label == APP else None

    def db_for_write(self, model: Any, **_: Any) -> str | None:
        """Return DATABASE for our own models."""
        return settings.DATABASE if model._meta.app_label == APP else None

    def allow_relation(self, obj1: Any, obj2: Any, **_: Any) -> bool | None:
        """Refuse relations between our models and others."""
        return False if (obj1._meta.app_label == APP) != (obj2._meta.app_label == APP) else None

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """Make our tables in DATABASE alone, where it is set."""
        return None if app_label != APP or settings.DATABASE is None else db == settings.DATABASE


class NotUseDataLoggerDBRouter:
    """Keeps the tables of all other applications out of DATABASE."""

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool | None:
        """Refuse tables of others in a DATABASE that is not the site's own."""
        return False if db == settings.DATABASE != "default" and app_label != APP else None
