"""The SQLite file itself: made, opened, checked, and its failures put into words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

from auditsearch.exceptions import AuditSearchError, BackendUnavailable, ConfigurationError, QueryError
from auditsearch.promoted import signature

APPLICATION = 0x61756469
"""`PRAGMA application_id` of our files ("audi"): https://sqlite.org/fileformat2.html, section 1.3.13."""

VERSION = 5
"""`PRAGMA user_version`: the version of sqlite.sql."""

BUSY_SECONDS = 5.0
"""How long a statement waits for another process's lock."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an outbox row is deleted because this file confirmed: NORMAL may lose it
    "PRAGMA cache_size = -32768",  # KiB: facts go everywhere in their tree
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 4000",
)


class Connection(sqlite3.Connection):
    """A connection that knows which file it opened."""

    path: Path
    identity: tuple[int, int]

    def is_current(self) -> bool:
        """Whether the path still leads to the opened file: what is written to a removed one is lost."""
        return _identity(self.path) == self.identity


def connect(path: Path) -> Connection:
    """Open the file at `path`, made with mode 0600 where there is none.

    Raises ConfigurationError where it can't be made, is not ours or is of a newer release, and BackendUnavailable
    where it is locked.
    """
    with explained(path):
        _make(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=Connection
        )
        try:
            connection.path, connection.identity = path, _identity(path) or (0, 0)
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def explained(path: Path, *, asking: bool = False) -> Iterator[None]:
    """Raise what goes wrong inside as an error of ours that says what to change; `asking`, the question may be it."""
    try:
        yield
    except sqlite3.Error as error:
        # without its frames, whose local values hold facts of events
        raise _explanation(path, error, asking) from error.with_traceback(None)
    except OSError as error:
        raise ConfigurationError(_ACCESS.format(path=path, why=error.strerror)) from error


def is_locked(error: BaseException | None) -> bool:
    """Whether another process held the lock for too long: nothing was written, and it will be free again."""
    return isinstance(error, sqlite3.Error) and _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _make(path: Path) -> None:
    """Make an empty file that only its owner may read; SQLite gives its companions the same mode."""
    stale = [companion for companion in (Path(f"{path}-wal"), Path(f"{path}-shm")) if companion.exists()]
    if path.exists():
        return
    for companion in stale:  # of a file that was removed: its pages must not enter the new one
        companion.unlink(missing_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _prepare(connection: Connection) -> None:
    version, application, tables = _header(connection)
    if application != APPLICATION and (version or tables):
        raise ConfigurationError(
            f'{connection.path} is another program\'s database; name a file of its own in AUDITSEARCH["PATH"]'
        )
    if version > VERSION:
        raise ConfigurationError(
            f"{connection.path} was written by a newer auditsearch (schema {version}, this one knows {VERSION}); "
            "upgrade auditsearch"
        )
    if 0 < version < VERSION:
        raise ConfigurationError(
            f"{connection.path} was written by an early auditsearch (schema {version}, this one knows {VERSION}); copy "
            'its events to an archive with that release, restore it here, or name another file in AUDITSEARCH["PATH"]'
        )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    if not version:
        schema = files("auditsearch.backends").joinpath("sqlite.sql").read_text(encoding="utf-8")
        stamp = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
        connection.executescript(f"BEGIN IMMEDIATE; {schema} {stamp} COMMIT;")
        sql = "INSERT OR IGNORE INTO made_for (name, value) VALUES ('promoted', ?)"
        connection.execute(sql, (signature(),))


def _header(connection: Connection) -> tuple[int, int, int]:
    connection.execute("BEGIN")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.execute("COMMIT")
    return version, application, tables


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _explanation(path: Path, error: sqlite3.Error, asking: bool) -> AuditSearchError:
    if asking and _code(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG):
        return QueryError(f"SQLite can't take the question ({error}); ask for less at once")
    if "no such module" in str(error):
        return ConfigurationError(f"this Python's SQLite lacks FTS5 ({error}); use a Python whose SQLite has it")
    kind, sentence = _SENTENCES.get(_code(error), (BackendUnavailable, _OTHER))
    return kind(sentence.format(path=path, why=error))


_ACCESS = (
    "{path} can't be opened or written ({why}); let this process write the file and its folder, "
    'or name another one in AUDITSEARCH["PATH"]'
)
_DAMAGED = "{path} is damaged or no SQLite file ({why}); put back a copy of it, or move it away: a new one is made"
_LOCKED = "{path} is locked by another process for over 5 s ({why}); end that process, or try again"
_FULL = "there is no room left for {path} ({why}); make some"
_OTHER = "{path} can't be used now ({why})"
_SENTENCES: dict[int, tuple[type[AuditSearchError], str]] = {
    sqlite3.SQLITE_BUSY: (BackendUnavailable, _LOCKED),
    sqlite3.SQLITE_LOCKED: (BackendUnavailable, _LOCKED),
    sqlite3.SQLITE_FULL: (BackendUnavailable, _FULL),
    sqlite3.SQLITE_READONLY: (ConfigurationError, _ACCESS),
    sqlite3.SQLITE_CANTOPEN: (ConfigurationError, _ACCESS),
    sqlite3.SQLITE_PERM: (ConfigurationError, _ACCESS),
    sqlite3.SQLITE_AUTH: (ConfigurationError, _ACCESS),
    sqlite3.SQLITE_CORRUPT: (ConfigurationError, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (ConfigurationError, _DAMAGED),
    sqlite3.SQLITE_ERROR: (ConfigurationError, _DAMAGED),
}
