"""A real RabbitMQ: Debian's, with an Erlang port mapper of its own, so that nothing of it stays."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.daemon import answers, free_port, own_folder, program, running

URL_VARIABLE = "AUDITSEARCH_TEST_RABBITMQ_URL"
PACKAGE = "rabbitmq-server"
PLACE = "/usr/lib/rabbitmq/bin"


@contextmanager
def rabbitmq() -> Iterator[str]:
    """URL of the server that AUDITSEARCH_TEST_RABBITMQ_URL names, or of one that is started here."""
    if given := os.environ.get(URL_VARIABLE):
        yield given
        return
    port, mapper = free_port(), free_port()
    with own_folder("rabbitmq") as folder:
        (folder / "plugins").write_text("[].")
        env = {
            "HOME": str(folder),
            "ERL_EPMD_PORT": str(mapper),
            "RABBITMQ_NODENAME": f"r{uuid.uuid4().hex[:8]}@localhost",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        }
        epmd = [program("epmd", package=PACKAGE), "-port", str(mapper), "-address", "127.0.0.1"]
        server = [f"{PLACE}/rabbitmq-server" if os.path.exists(PLACE) else program("rabbitmq-server", package=PACKAGE)]
        with (
            running(epmd, folder, lambda: answers(mapper), env=env),
            running(server, folder, lambda: answers(port), env=env),
        ):
            yield f"amqp://guest:guest@127.0.0.1:{port}"
