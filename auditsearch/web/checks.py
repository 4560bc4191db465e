"""System checks of the web pages."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from auditsearch.checks import check_settings
from auditsearch.conf import settings


@register("auditsearch")
def check_visible(**_: Any) -> list[CheckMessage]:
    """E020: VISIBLE_EVENTS names nothing that can be called."""
    path = settings.VISIBLE_EVENTS
    if path is None or check_settings() or callable(_found(path)):
        return []
    hint = "Write a function `def visible_events(request): return Q(...)`, and name it by its dotted path."
    return [Error(f"AUDITSEARCH['VISIBLE_EVENTS'] is {path!r}, which is no function.", hint, id="auditsearch.E020")]


def _found(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return None
