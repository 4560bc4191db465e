"""A real MariaDB: Debian's."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.daemon import answers, free_port, own_folder, owner, program, running

URL_VARIABLE = "AUDITSEARCH_TEST_MARIADB_URL"
PACKAGE = "mariadb-server"
OPEN = """CREATE DATABASE audit CHARACTER SET utf8mb4;
CREATE USER audit@'%' IDENTIFIED BY 'audit';
GRANT ALL ON *.* TO audit@'%' WITH GRANT OPTION;
"""


@contextmanager
def mariadb() -> Iterator[str]:
    """URL of the server that AUDITSEARCH_TEST_MARIADB_URL names, or of one that is started here."""
    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    user, port = owner(), free_port()
    with own_folder("mariadb", user) as folder:
        install = [program("mariadb-install-db", package=PACKAGE), "--no-defaults", f"--datadir={folder / 'data'}"]
        install += ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run(install, user=user, check=True, capture_output=True, cwd=folder)
        (folder / "init.sql").write_text(OPEN)
        command = [program("mariadbd", package=PACKAGE), "--no-defaults", f"--datadir={folder / 'data'}"]
        command += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'socket'}"]
        command += [f"--pid-file={folder / 'pid'}", f"--init-file={folder / 'init.sql'}", "--skip-name-resolve"]
        command += [
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-lock-wait-timeout=5",
            "--character-set-server=utf8mb4",
        ]
        with running(command, folder, lambda: answers(port), user=user):
            yield f"mysql://audit:audit@127.0.0.1:{port}/audit"
