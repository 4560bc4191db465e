"""Files of an archive: lines of canonical JSON, compressed, made whole or not at all, and read as a stream."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from auditsearch.exceptions import AuditSearchError, ConfigurationError

SHAPE = {"window_log": 18, "chain_log": 18, "hash_log": 18, "search_log": 4, "min_match": 6, "target_length": 32}
"""How zstandard searches: lines that are alike lie near each other, and what is repeated in them is names and words of
many letters, so short and far matches are not worth their time: smaller than its level 15, in a fifth of the time."""

CHUNK = 1 << 20
"""Bytes that are read or written at once."""


class ArchiveError(AuditSearchError):
    """An archive can't be written, read or trusted; the message says why, and nothing was changed by it."""


@contextmanager
def packed(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Write a compressed file: the block is given what takes bytes.

    It is written beside as `.part` and named `path` when all of it is on the disk. Raises ArchiveError.
    """
    part = path.with_name(f"{path.name}.part")
    with told(path):
        if path.exists():
            raise ArchiveError(f"{path} exists already: it is not written over.")
        with suppress(FileNotFoundError):
            part.unlink()
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                with _compressor().stream_writer(file, closefd=False, write_size=CHUNK) as stream:
                    yield stream.write
                synced(file)
            os.rename(part, path)
        except Exception:
            with suppress(OSError):
                part.unlink()
            raise
        sync_folder(path.parent)


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a compressed file without their ends. Raises ArchiveError where it is damaged."""
    errors = _zstandard().ZstdError
    try:
        with path.open("rb") as file:
            yield from drawn(file, CHUNK)
    except EOFError:
        raise ArchiveError(f"{path} is damaged: its last line is cut off.") from None
    except errors as error:
        raise ArchiveError(f"{path} is damaged ({error}): take another copy of it.") from None
    except OSError as error:
        raise ArchiveError(f"{path} can't be read ({error.strerror}).") from error


@contextmanager
def squeezed(file: IO[bytes]) -> Iterator[Callable[[bytes], object]]:
    """Write to a temporary file, fast: the block is given what takes bytes."""
    with _zstandard().ZstdCompressor(level=-5).stream_writer(file, closefd=False, write_size=CHUNK) as stream:
        yield stream.write


def drawn(file: IO[bytes], size: int = CHUNK >> 3) -> Iterator[bytes]:
    """Yield the lines of an open compressed file, read by `size` bytes. Raises EOFError where the last has no end."""
    with _zstandard().ZstdDecompressor().stream_reader(file, read_size=size, closefd=False) as stream:
        rest = b""
        while chunk := stream.read(size):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
    if rest:
        raise EOFError


def digest(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 (hex) of a file. Raises ArchiveError."""
    found, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise ArchiveError(f"{path} can't be read ({error.strerror}).") from error
    return size, found.hexdigest()


def put(path: Path, text: str) -> None:
    """Write a small file whole or not at all, and see it on the disk. Raises ArchiveError."""
    part = path.with_name(f"{path.name}.tmp")
    with told(path):
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            synced(file)
        os.replace(part, path)
        sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what a killed process had begun to write to a folder, and had not named yet."""
    for ending in ("*.zst.part", "*.json.tmp"):
        for path in folder.glob(ending):
            with told(path), suppress(FileNotFoundError):
                path.unlink()


def synced(file: IO[Any]) -> None:
    """Return when the disk has what was written."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return when the disk has the names of the files, as far as its file system can be asked for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
    finally:
        os.close(handle)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what the system refuses as an error that says what to do."""
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "look at the disk")
        raise ArchiveError(f"{path} can't be written ({error.strerror}): {remedy}; then run it again.") from error


_UNABLE = (errno.EINVAL, errno.EBADF, errno.ENOTSUP)
"""What network file systems answer that know no syncing of folders: PostgreSQL goes on there, too."""

_REMEDIES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EFBIG: "make room there",
    errno.EROFS: "name another folder with --destination",
    errno.EACCES: "let this user write there",
    errno.EPERM: "let this user write there",
    errno.ENOENT: "make the folder",
    errno.ENOTDIR: "name a folder with --destination",
}


def _compressor() -> Any:
    """In threads of its own; each job is so large that cutting the data for them costs nothing."""
    kind = _zstandard()
    jobs = {"threads": min(2, os.cpu_count() or 1), "job_size": 4 << 20, "overlap_log": 9}
    shape = kind.ZstdCompressionParameters(**SHAPE, **jobs, strategy=kind.STRATEGY_BTLAZY2, write_checksum=True)
    return kind.ZstdCompressor(compression_params=shape)


def _zstandard() -> Any:
    if find_spec("zstandard") is None:
        raise ConfigurationError('Archives need zstandard: pip install "auditsearch[archive]".')
    import zstandard

    return zstandard
