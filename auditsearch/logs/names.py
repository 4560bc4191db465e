"""Names of what other libraries' tables hold by key: content types, users, historical models."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connections


class Names:
    """Names of what other tables hold by key: content types and users, asked once each."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.model = lru_cache(maxsize=4096)(self._model)
        self.user = lru_cache(maxsize=4096)(self._user)

    def _model(self, key: Any) -> str | None:
        row = self._row("django_content_type", ("app_label", "model"), "id", key)
        return label(*row) if row else None

    def _user(self, key: Any) -> str | None:
        """The name that a user has now: these tables keep none."""
        meta = get_user_model()._meta
        name: Any = meta.get_field(get_user_model().USERNAME_FIELD)
        row = self._row(meta.db_table, (str(name.column),), str(meta.pk.column), key)
        return str(row[0]) if row else None

    def _row(self, table: str, columns: tuple[str, ...], by: str, key: Any) -> Any:
        if key is None:
            return None
        quote = connections[self.using].ops.quote_name
        names = ", ".join(map(quote, columns))
        with connections[self.using].cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM {quote(table)} WHERE {quote(by)} = %s", [key])  # noqa: S608 - quoted
            return cursor.fetchone()


def label(app: str, model: str) -> str:
    """Return `app.Model` as events name it; of a model that is no longer there, as its content type does."""
    try:
        return str(apps.get_model(app, model)._meta.label)
    except LookupError:
        return f"{app}.{model}"


def object_key(table: str) -> str:
    """Return the column of a simple-history table that holds the key of the object: the model's own, else `id`."""
    model = historical(table)
    return str(model.instance_type._meta.pk.column) if model else "id"


@lru_cache(maxsize=256)
def historical(table: str) -> Any:
    """Return the historical model of a table, None where simple-history is not installed any more."""
    found = (model for model in apps.get_models() if model._meta.db_table == table and hasattr(model, "instance_type"))
    return next(found, None)
