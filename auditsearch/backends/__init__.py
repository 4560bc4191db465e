"""The one backend of a process, made from the settings at first use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core import mail
from django.core.signals import setting_changed

from auditsearch.backends.base import Backend
from auditsearch.conf import settings
from auditsearch.exceptions import SettingError

_made: dict[str, Backend] = {}


def get_backend() -> Backend:
    """Return the store that the settings name, the same object each time. Raises SettingError on a wrong BACKEND."""
    kind = backend_kind()
    if kind not in _made:
        _made[kind] = _make(kind)
    return _made[kind]


def backend_kind() -> str:
    """Return sqlite, memory or opensearch: what `auto` means here. Under a test runner it is memory."""
    if settings.BACKEND != "auto":
        return str(settings.BACKEND)
    if settings.HOSTS:
        return "opensearch"
    return "memory" if hasattr(mail, "outbox") else "sqlite"


def default_path() -> Path:
    """Return the embedded store's file: PATH, or `auditsearch.sqlite3` in BASE_DIR or the working directory."""
    if settings.PATH is not None:
        return Path(settings.PATH)
    return Path(getattr(django_settings, "BASE_DIR", None) or Path.cwd()) / "auditsearch.sqlite3"


def forget_backend() -> None:
    """Close the backend; the next use makes a new one."""
    while _made:
        _made.popitem()[1].close()


def _make(kind: str) -> Backend:
    if kind == "memory":
        from auditsearch.backends.memory import MemoryBackend

        return MemoryBackend()
    if kind == "sqlite":
        from auditsearch.backends.sqlite import SQLiteBackend

        return SQLiteBackend(default_path())
    if kind == "opensearch":
        from auditsearch.backends.opensearch import OpenSearchBackend

        return OpenSearchBackend()
    raise SettingError(f"AUDITSEARCH['BACKEND'] is {kind!r}; it must be auto, sqlite, memory or opensearch.")


def _settings_changed(*, setting: str, **_: Any) -> None:
    if setting in ("AUDITSEARCH", "BASE_DIR"):
        forget_backend()


setting_changed.connect(_settings_changed, dispatch_uid="auditsearch.backends")
