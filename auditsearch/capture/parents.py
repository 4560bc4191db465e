"""What an object belongs to: the setting PARENTS, or else the form of the admin in which it is an inline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from auditsearch.conf import settings


def parent_of(model: type[models.Model]) -> models.ForeignKey[Any, Any] | None:
    """Return the foreign key to the object that objects of this model belong to, None where there is none."""
    name = settings.PARENTS.get(model._meta.label)
    if name is not None:
        return next((_key(field) for field in model._meta.fields if field.name == name), None)
    return next(_inlines(model), None)


def _inlines(model: type[models.Model]) -> Iterator[models.ForeignKey[Any, Any]]:
    """Yield the foreign keys by which the model is an inline of a model in an admin."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import all_sites
    from django.forms.models import _get_foreign_key

    for site in all_sites:
        for parent, admin in site._registry.items():
            for inline in admin.inlines:
                if getattr(inline, "model", None) is model and not hasattr(inline, "ct_field"):
                    found = _key(_get_foreign_key(parent, model, fk_name=inline.fk_name))
                    if found is not None:
                        yield found


def _key(field: Any) -> models.ForeignKey[Any, Any] | None:
    """Return the field, if it holds the key by which its object's own events are found."""
    return field if isinstance(field, models.ForeignKey) and field.target_field.primary_key else None
