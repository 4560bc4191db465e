"""A real Redis: Debian's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.daemon import answers, free_port, own_folder, program, running

URL_VARIABLE = "AUDITSEARCH_TEST_REDIS_URL"


@contextmanager
def redis() -> Iterator[str]:
    """URL of the server that AUDITSEARCH_TEST_REDIS_URL names, or of one that is started here."""
    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    port = free_port()
    with own_folder("redis") as folder:
        command = [program("redis-server", package="redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        with running([*command, "--save", "", "--dir", str(folder)], folder, lambda: answers(port)):
            yield f"redis://127.0.0.1:{port}/0"
