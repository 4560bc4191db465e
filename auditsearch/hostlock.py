"""One shipper a host: a lock on a file, which the system gives back when a process dies."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from django.core.files import locks
from django.db import connections

from auditsearch.conf import settings
from auditsearch.exceptions import ConfigurationError

_held: dict[int, BinaryIO] = {}


class HostLock:
    """Held by one thread of one process at a time; `with HostLock(path) as held:` never waits.

    Without a path it is always free: a database in memory belongs to one process.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.file: BinaryIO | None = None

    def __enter__(self) -> bool:
        if self.path is None:
            return True
        self.file = _opened(self.path)
        if not locks.lock(self.file, locks.LOCK_EX | locks.LOCK_NB):
            self.file.close()
            self.file = None
        else:
            _held[id(self)] = self.file
        return self.file is not None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file is not None:
            _held.pop(id(self), None)
            locks.unlock(self.file)  # a child that was forked meanwhile has the file open too
            self.file.close()
            self.file = None


def lock_path(using: str) -> Path | None:
    """Return the file that all processes of this host lock for the database `using`; None for one in memory.

    It lies beside an SQLite file, which every writer can reach, else in the folder for temporary files.
    """
    connection = connections[using]
    if connection.vendor == "sqlite":
        database = sqlite_path(using)
        return database and database.with_name(f"{database.name}-auditsearch")
    known = (str(connection.settings_dict.get(key, "")) for key in ("HOST", "PORT", "NAME"))
    name = hashlib.sha256("\n".join((*known, settings.INDEX_PREFIX)).encode()).hexdigest()[:16]
    owner = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"auditsearch-{owner}-{name}.lock"


def sqlite_path(using: str) -> Path | None:
    """Return the file of an SQLite database, None where it lives in memory."""
    name = os.fspath(connections[using].settings_dict["NAME"])
    if ":memory:" in name or "mode=memory" in name:
        return None
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name).resolve()


def _opened(path: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.fdopen(os.open(path, flags, 0o600), "r+b")
    except OSError as error:
        raise ConfigurationError(f"Shippers can't lock {path} ({error.strerror}): let this user write it.") from error


def _let_go() -> None:
    """A child holds no lock of its parent, else the lock would outlive a parent that is killed."""
    while _held:
        _, file = _held.popitem()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, file.fileno())  # what closes the file later closes this
        os.close(nothing)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
