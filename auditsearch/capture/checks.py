"""System checks of codes and actions, and of what is personal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from auditsearch.capture import named, registry
from auditsearch.capture.hooks import code_of
from auditsearch.capture.rules import lost
from auditsearch.capture.views import action_names, view_names
from auditsearch.checks import check_settings
from auditsearch.conf import settings
from auditsearch.enums import EventCode, EventType, SystemEnum
from auditsearch.exceptions import SettingError
from auditsearch.logs.catalog import logs
from auditsearch.nearest import remedy
from auditsearch.promoted import promoted

FORMER = {
    "SUSPECTS_MODEL": "MODELS",
    "EXCLUDE_FIELDS": "EXCLUDE_FIELDS",
    "EXCLUDE_ACTIONS": "EXCLUDE_ACTIONS",
    "HOOKED_ACTIONS": "HOOKED_ACTIONS",
    "EVENT_CODE": "EVENT_CODES",
    "EVENT_TYPE": "EVENT_TYPES",
    "SYSTEMS_ENUM": "SYSTEMS",
    "DATABASE": "DATABASE",
    "SHUTUP": "ENABLED",
    "FORGET_SYS_EVENTS": "SYSTEM_EVENTS",
    "COMPRESS_DESTINATION": "ARCHIVE_DESTINATION",
    "COMPRESS_FILENAME_TEMPLATE": "ARCHIVE_FILENAME_TEMPLATE",
}
"""Settings of Data Logging, without `DATALOGGER_`, and what they are called here."""

OPPOSITE = ("SHUTUP", "FORGET_SYS_EVENTS")
"""Those that say True where ours says False."""

VIEWS = "Write it as a url name, 'ViewClass' or 'app.views.view'."

METHODS = ("get", "post", "put", "patch", "delete")


@register("auditsearch")
def check_codes(**_: Any) -> list[CheckMessage]:
    """E015: an entry of EVENT_CODES, EVENT_TYPES or SYSTEMS that is wrong or double. E016: a hook without a code."""
    if check_settings():
        return []
    wrong = [problem for enum in (EventCode, EventType, SystemEnum) for problem in enum.problems()]
    found: list[CheckMessage] = [Error(f"AUDITSEARCH: {problem}", id="auditsearch.E015") for problem in wrong]
    return [*found, *(Error(problem, id="auditsearch.E016") for problem in _unknown_codes())]


@register("auditsearch")
def check_actions(**_: Any) -> list[CheckMessage]:
    """W018: an entry of HOOKED_ACTIONS or EXCLUDE_ACTIONS that names no view, so that it would do nothing."""
    given = {"HOOKED_ACTIONS": settings.HOOKED_ACTIONS, "EXCLUDE_ACTIONS": settings.EXCLUDE_ACTIONS}
    if not any(given.values()) or not hasattr(django_settings, "ROOT_URLCONF") or check_settings():
        return []
    known = set(_named(get_resolver().url_patterns))
    return [
        Caution(
            f'AUDITSEARCH["{setting}"] names {entry!r}, which is no view.',
            remedy(entry, known, VIEWS),
            id="auditsearch.W018",
        )
        for setting, entries in given.items()
        for entry in entries
        if entry not in known and entry not in _tasks()
    ]


@register("auditsearch")
def check_personal(**_: Any) -> list[CheckMessage]:
    """E013: PERSONAL holds the path of a field that no model has. E024: it names a primary key, which each event shows.

    W025: a promoted field is of a path that it names, so that nothing is counted there.
    """
    known = None if check_settings() else named.personal()
    if known is None:
        return []
    fields = [(model, path[0]) for model, path in known.fields if path[0] != named.LABEL]
    paths = [*(f"{model}.{name}" for model, name in fields), *lost(settings.PERSONAL)]
    wrong = registry.unknown_fields("PERSONAL", paths)
    found: list[CheckMessage] = [Error(problem, id="auditsearch.E013") for problem in wrong]
    for key in (model._meta.pk for model in apps.get_models()):
        if key is not None and (key.model._meta.label, key.name) in fields:
            told = f'AUDITSEARCH["PERSONAL"] names the primary key {key.model._meta.label}.{key.name}.'
            found.append(
                Error(told, "Each event shows the key of its object: give it another one.", id="auditsearch.E024")
            )
    for row in promoted():
        if named.asks(row.path):
            told = f"The promoted field {row.name} is of {row.path}, which PERSONAL names: it stays empty."
            found.append(Caution(told, 'Take it out of AUDITSEARCH["PROMOTED"].', id="auditsearch.W025"))
    return found


@register("auditsearch")
def check_former(**_: Any) -> list[CheckMessage]:
    """W027: a setting of Data Logging is left, which nothing reads any more."""
    left = (
        []
        if apps.is_installed("datalogging")
        else [old for old in FORMER if hasattr(django_settings, f"DATALOGGER_{old}")]
    )
    return [
        Caution(
            f"DATALOGGER_{old} is a setting of Data Logging and does nothing here.",
            f'Write AUDITSEARCH["{FORMER[old]}"]{", which is its opposite" if old in OPPOSITE else ""}.',
            id="auditsearch.W027",
        )
        for old in left
    ]


@register("auditsearch")
def check_labels(**_: Any) -> list[CheckMessage]:
    """W026: RENAMED or a rule of noise names a model that there is not, so that it would do nothing."""
    try:
        named = [] if check_settings() else list(_labels())
    except SettingError:  # of LOGS: E011 tells it
        return []
    known = {model._meta.label for model in apps.get_models()}
    return [
        Caution(
            f"AUDITSEARCH{where} names {label!r}, which is no model.",
            remedy(label, known, "Write it as 'app.Model'."),
            id="auditsearch.W026",
        )
        for where, label in named
        if label not in known
    ]


def _labels() -> Iterator[tuple[str, str]]:
    """Yield where the settings name a model, and its name."""
    renamed = settings.RENAMED
    yield from ((f"['RENAMED'][{former!r}]", label) for former, label in renamed.items() if label not in renamed)
    for name, log in logs().items():
        yield from ((f"['LOGS'][{name!r}]['noise']", label) for rule in log.noise for label in rule.object)


def _unknown_codes() -> Iterator[str]:
    for action, entry in settings.HOOKED_ACTIONS.items():
        if code_of(entry) not in EventCode:
            meant = remedy(entry, EventCode.names, "Add it to EVENT_CODES.")
            yield f'AUDITSEARCH["HOOKED_ACTIONS"][{action!r}] is {entry!r}, which is no event code. {meant}'


def _tasks() -> set[str]:
    """Return the names of the commands and of the tasks that are known here; they can be excluded like views."""
    celery, dramatiq = sys.modules.get("celery"), sys.modules.get("dramatiq.broker")
    tasks = set(celery.current_app.tasks) if celery is not None else set()
    actors = getattr(getattr(dramatiq, "global_broker", None), "actors", None) or {}
    return tasks.union(actors, get_commands())


def _named(patterns: Any, namespace: str = "") -> Iterator[str]:
    """Yield every name of every view that an address leads to."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _named(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield from (name for method in METHODS for name in view_names(pattern.callback, method))
            yield from action_names(pattern.callback)
            if pattern.name:
                yield from (pattern.name, f"{namespace}{pattern.name}")
