"""Disks that are full or can't be written to: told with the remedy, nothing is lost, and the next run finishes it."""

from __future__ import annotations

import errno
import os
import random
import resource
import stat
import subprocess
import tempfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.archive import archive
from auditsearch.life.copy import copy
from auditsearch.life.packing import ArchiveError
from auditsearch.life.restore import restore
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])

YEAR = 365 * 86_400_000_000
OLD = "auditsearch-2020.11"


@contextmanager
def room_for(number):
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def nobody():
    """As a user who is not root, for whom permissions hold."""
    user = os.geteuid()
    if not user:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


class Disk:
    """A disk of its own; where none may be mounted, a folder of which files or permissions are limited."""

    def __init__(self, folder):
        self.folder = folder
        self.mounted = not self.run("-t", "tmpfs", "tmpfs")

    def run(self, *options):
        return subprocess.run(["mount", *options, str(self.folder)], capture_output=True).returncode

    @contextmanager
    def being(self, option, otherwise):
        """Mounted with an option, which `otherwise` comes near to."""
        with nullcontext() if self.mounted else otherwise:
            assert not self.mounted or not self.run("-o", f"remount,{option}")
            yield


@contextmanager
def closed(folder):
    os.chmod(folder, 0o555)
    with nobody():
        yield


@pytest.fixture
def disk():
    with tempfile.TemporaryDirectory() as folder:
        made = Disk(Path(folder))
        yield made
        if made.mounted:
            subprocess.run(["umount", folder], check=True)


@pytest.fixture
def backend():
    store = MemoryBackend()
    contexts = [{"n": random.Random(n).randbytes(50).hex()} for n in range(50)]
    store.index(
        [event(partition=OLD, ts=NOON - 6 * YEAR + n, context_data=context) for n, context in enumerate(contexts)]
    )
    return store


def texts(backend):
    return sorted(one.canonical for name in backend.holdings() for one in backend.read(name))


@pytest.mark.parametrize("number", [0, 200, 900, 2500])
def test_a_full_disk_is_told_and_once_there_is_room_the_archive_is_made(backend, tmp_path, number):
    before = texts(backend)
    with room_for(number), pytest.raises(ArchiveError, match="make room there"):
        archive(backend, tmp_path, reset=True)
    assert texts(backend) == before
    [made] = archive(backend, tmp_path, reset=True)
    assert (texts(backend), len(list(tmp_path.iterdir()))) == ([], 3)
    restore(backend, made.path)
    assert texts(backend) == before


def test_a_folder_that_may_not_be_written_to_is_told(backend):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        with nobody(), pytest.raises(AuditSearchError, match="let this user write"):
            archive(backend, Path(folder), reset=True)
    assert len(texts(backend)) == 50


@pytest.mark.parametrize("number", [10_000, 60_000])
def test_a_store_whose_disk_is_full_is_filled_once_there_is_room(backend, tmp_path, number):
    [made] = archive(backend, tmp_path)
    target = SQLiteBackend(tmp_path / "target.sqlite3")
    for fill in (lambda: restore(target, made.path), lambda: copy(backend, target)):
        with room_for(number), pytest.raises(AuditSearchError):
            fill()
        target.close()
    restore(target, made.path)
    assert texts(target) == texts(backend)
    assert copy(backend, target).walks == [0]


def test_on_a_real_disk_that_is_full_the_archive_is_made_once_there_is_room(backend, disk):
    before = texts(backend)
    with disk.being("size=4k", room_for(900)), pytest.raises(ArchiveError, match="make room there"):
        archive(backend, disk.folder, reset=True)
    assert texts(backend) == before
    with disk.being("size=10m", nullcontext()):
        [made] = archive(backend, disk.folder, reset=True)
        restore(backend, made.path)
    assert texts(backend) == before


def test_a_real_disk_that_may_only_be_read_is_told_and_its_archives_are_restored(backend, disk):
    before = texts(backend)
    [made] = archive(backend, disk.folder, reset=True)
    with disk.being("ro", nullcontext()):
        restore(backend, made.path)
    assert texts(backend) == before
    with disk.being("ro", closed(disk.folder)), pytest.raises(ArchiveError, match=r"let this user|name another folder"):
        archive(backend, disk.folder, reset=True)
    assert texts(backend) == before


@pytest.mark.parametrize(("number", "refused"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_syncs_no_folders_is_used(backend, tmp_path, monkeypatch, number, refused):
    sync = os.fsync

    def fsync(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        sync(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(ArchiveError, match="look at the disk") if refused else nullcontext():
        archive(backend, tmp_path, reset=True)
    assert len(texts(backend)) == 50 * refused
