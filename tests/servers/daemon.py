"""A server process of our own: started in a folder of the run, waited for, and ended, that one alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STARTUP_SECONDS = 900


class ServerStartError(RuntimeError):
    """A server can't be started here; the message says what is missing."""


def free_port() -> int:
    """A port of this host that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def owner() -> str | None:
    """The user that servers run as which refuse root; None where we are no root."""
    if os.getuid():
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody", "daemon") if name in known)


@contextmanager
def own_folder(name: str, user: str | None = None) -> Iterator[Path]:
    """A new folder that `user` may write, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    if user:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str, *places: str, package: str) -> str:
    """Path of an executable. Raises ServerStartError naming Debian's package."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *places])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerStartError(f"{name} is missing (on Debian: apt install {package})")
    return found


def answers(port: int) -> bool:
    """Whether somebody listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    ready: Callable[[], bool],
    *,
    user: str | None = None,
    env: Mapping[str, str] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command`, wait until `ready()`, and end it afterwards. Raises ServerStartError with the end of its log."""
    log = folder / "stdout.log"
    process = spawn(command, folder, log, user=user, env={**os.environ, **(env or {})})
    try:
        wait(process, ready, log)
        yield process
    finally:
        stop(process, end)


def spawn(command: Sequence[str], folder: Path, log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a process that writes to the end of `log`, in a session of its own: Ctrl-C reaches us, and we end it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,
            **options,
        )


def end_of(log: Path) -> str:
    """The last lines of a log, for an error."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])


def wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    """Wait until a process that was just started is of use."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerStartError(f"{process.args!r} did not come up; its log ends:\n{end_of(log)}")
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes], end: signal.Signals = signal.SIGTERM) -> None:
    """End the server that we started, and no other."""
    if process.poll() is None:
        process.send_signal(end)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
