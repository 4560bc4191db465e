"""System checks: every mistake in the settings, with the line to change."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import django
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError, connections
from django.utils.module_loading import import_string

from auditsearch import delivery, outbox
from auditsearch.backends import backend_kind
from auditsearch.backends.options import check_options
from auditsearch.capture import registry
from auditsearch.capture.rules import lost, rules
from auditsearch.conf import NAMES, SECRET, Settings, problems, settings
from auditsearch.exceptions import SettingError
from auditsearch.logs.catalog import logs
from auditsearch.models import OutboxRow
from auditsearch.promoted import promoted
from auditsearch.stems import stems_of

Found = Iterator[CheckMessage]

MIDDLEWARE = ("auditsearch.middleware.RequestTokenMiddleware", "auditsearch.middleware.CaptureRequestMiddleware")
"""What ties events to requests."""

POSITIVE = ("SHARDS", "BATCH_SIZE", "BATCH_BYTES", "LEASE_SECONDS", "EXPORT_LIMIT")
"""Settings that must be above zero."""


def _registered(*tags: str) -> Callable[[Callable[..., Found]], Callable[..., list[CheckMessage]]]:
    """Register a check that yields; what depends on right settings is silent until they are right."""

    def decorate(check: Callable[..., Found]) -> Callable[..., list[CheckMessage]]:
        @wraps(check)
        def run(**options: Any) -> list[CheckMessage]:
            return [] if list(_unknown_settings()) or list(_wrong_values()) else list(check(**options))

        register(run, "auditsearch", *tags)
        return run

    return decorate


@register("auditsearch")
def check_settings(**_: Any) -> list[CheckMessage]:
    """E001: a name in AUDITSEARCH that is no setting. E002: a value of the wrong kind."""
    return [*_unknown_settings(), *_wrong_values()]


@_registered()
def check_models(**_: Any) -> Found:
    """E003: a model or field that is named in the settings and does not exist."""
    for _entry, message in registry.problems():
        yield Error(message, id="auditsearch.E003")


@_registered()
def check_mask(**_: Any) -> Found:
    """E013: MASK holds the path of a field that no model has. A pattern that is none stops the site itself."""
    paths = [*(f"{model}.{path[0]}" for model, path in rules().fields), *lost(settings.MASK)]
    for message in registry.unknown_fields("MASK", [path for path in paths if path not in Settings.MASK]):
        yield Error(message, id="auditsearch.E013")


@_registered()
def check_middleware(**_: Any) -> Found:
    """W004: events of requests can't tell who acted, or which of them belong together."""
    present = [_imported(path) for path in getattr(django_settings, "MIDDLEWARE", [])]
    for path in MIDDLEWARE if hasattr(django_settings, "ROOT_URLCONF") else ():
        if not any(isinstance(each, type) and issubclass(each, import_string(path)) for each in present):
            hint = f'Add it after AuthenticationMiddleware: MIDDLEWARE += ["{path}"]'
            yield Caution(f"{path} is not in MIDDLEWARE.", hint, id="auditsearch.W004")


@_registered(Tags.database)
def check_tables(databases: Sequence[str] | None = None, **_: Any) -> Found:
    """W005: a database without the outbox. No error, for `migrate` itself would stop at one, and needs no hint."""
    if sys.argv[1:2] == ["migrate"]:
        return
    for alias in outbox.aliases():
        if alias in (databases or ()) and not _has_outbox(alias):
            message = f"The table {OutboxRow._meta.db_table} is missing in the database {alias!r}."
            yield Caution(message, f"Run: manage.py migrate --database={alias}", id="auditsearch.W005")


@_registered()
def check_extra(**_: Any) -> Found:
    """E006: the server's client, or dramatiq, is not installed."""
    if backend_kind() == "opensearch" and find_spec("opensearchpy") is None:
        yield Error(
            "The store is a search server, and its client is not installed.",
            'Run: pip install "auditsearch[opensearch]"',
            id="auditsearch.E006",
        )
    if settings.DELIVERY == "dramatiq" and find_spec("dramatiq") is None:
        hint = 'Run: pip install "auditsearch[redis]" or pip install "auditsearch[rabbitmq]"'
        yield Error("DELIVERY is dramatiq, which is not installed.", hint, id="auditsearch.E006")


@_registered(Tags.security)
def check_transport(**_: Any) -> Found:
    """E007: credentials or events that others can read on their way, outside DEBUG."""
    if django_settings.DEBUG or backend_kind() != "opensearch":
        return
    if settings.CLIENT.get("verify_certs") is False:
        hint = 'Name the authority instead: AUDITSEARCH["CLIENT"]["ca_certs"] = "/path/to/ca.pem"'
        yield Error('AUDITSEARCH["CLIENT"] has verify_certs=False.', hint, id="auditsearch.E007")
    for host in map(urlsplit, settings.HOSTS):
        if host.scheme == "http" and ("@" in host.netloc or settings.CLIENT.get("http_auth")):
            name = host.netloc.rpartition("@")[2]
            hint = f'Write it as "https://{name}".'
            yield Error(f"Credentials would be sent to {name} unencrypted.", hint, id="auditsearch.E007")


@_registered()
def check_fragile(**_: Any) -> Found:
    """W008: a thread that ships from an SQLite file makes requests fail that read and then write."""
    if delivery.embedded() or settings.DELIVERY not in ("auto", "thread"):
        return
    for alias in filter(delivery.fragile, outbox.aliases()):
        said = "nothing but `manage.py auditsearch_ship --watch` ships its events"
        said = said if settings.DELIVERY == "auto" else "the shipping thread can make requests fail"
        line = f'DATABASES["{alias}"]["OPTIONS"] = {{"transaction_mode": "IMMEDIATE"}}'
        hint = f"Set {line}" if django.VERSION >= (5, 1) else f"With Django 5.1 or later, set {line}"
        yield Caution(f"The database {alias!r} is SQLite: {said}.", hint, id="auditsearch.W008")


@_registered()
def check_promoted(**_: Any) -> Found:
    """E010: PROMOTED names no key, or a kind that there is not."""
    try:
        promoted()
    except SettingError as error:
        yield Error(str(error), id="auditsearch.E010")


@_registered()
def check_languages(**_: Any) -> Found:
    """E017: SEARCH_LANGUAGES has a language that is not known, or its stemmers are missing."""
    try:
        list(map(stems_of, ("word", "слово")))  # each alphabet has its own languages
    except SettingError as error:
        yield Error(str(error), id="auditsearch.E017")


@_registered()
def check_logs(**_: Any) -> Found:
    """E011: a log of LOGS has a key or value that there is not."""
    try:
        logs()
    except SettingError as error:
        yield Error(str(error), id="auditsearch.E011")


@_registered()
def check_hosts(**_: Any) -> Found:
    """E009: HOSTS or CLIENT can't be right."""
    if backend_kind() == "opensearch":
        try:
            check_options(settings.HOSTS, settings.CLIENT)
        except SettingError as error:
            yield Error(str(error), id="auditsearch.E009")


def _unknown_settings() -> Found:
    yield from (Error(problem, id="auditsearch.E001") for problem in problems())


def _wrong_values() -> Found:
    given = getattr(django_settings, "AUDITSEARCH", {})
    hints = get_type_hints(Settings)
    for name, value in given.items() if isinstance(given, dict) else ():
        if name in NAMES and (expected := _misfit(name, value, hints[name])):
            given_as = type(value).__name__ if name in SECRET else repr(value)
            yield Error(f"AUDITSEARCH[{name!r}] is {given_as}; it must be {expected}.", id="auditsearch.E002")


def _misfit(name: str, value: Any, hint: Any) -> str:
    """What a value should have been, empty where it is that."""
    if not _fits(value, hint):
        return _described(hint)
    if name in POSITIVE and value <= 0:
        return "above zero"
    if name in ("BULK_EVENTS", "KEEP_SHIPPED") and value is not None and value < 0:
        return "zero or above"
    if name == "REPLICAS" and not re.fullmatch(r"\d+-(\d+|all)|false", value):
        return "a range such as '0-1' or '0-all'"
    if name == "DATABASE" and value is not None and value not in connections:
        return f"one of the databases {', '.join(connections)}"
    if name == "INDEX_PREFIX" and not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", value):
        return "at most 100 of a-z, 0-9, _ and -, the first a letter or digit"
    return ""


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return value in inner
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is list:
        return isinstance(value, list | tuple) and all(_fits(each, inner[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def _described(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, inner))
    if origin in (Union, UnionType):
        return " or ".join(_described(each) for each in inner)
    if origin is list:
        return f"a list of {_described(inner[0]).removeprefix('a ')}s".replace("ys", "ies")
    if origin is dict:
        return "a dictionary"
    names = {bool: "True or False", int: "a whole number", float: "a number", str: "a string", Path: "a Path"}
    return names.get(hint, "None")


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:  # Django tells of it when it builds the middleware
        return None


def _has_outbox(alias: str) -> bool:
    try:
        return OutboxRow._meta.db_table in connections[alias].introspection.table_names()
    except DatabaseError:  # it can't be reached: whoever asked it for more tells so
        return True
