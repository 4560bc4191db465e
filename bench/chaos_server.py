"""The server of faults of `bench.chaos` in a process of its own; the first line that it prints is its URL."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings

from tests.servers.fake import FakeServer, Reply, store
from tests.servers.plan import Plan


class Server(FakeServer):
    """Keeps of each document what tells that it is there; `/_calm` ends the faults, `/_report` tells what happened."""

    def __init__(self, seed: int, mood: str = "") -> None:
        super().__init__()
        self.faults = Plan(seed, poison=2000)
        self.plan = store if mood == "calm" else self.faults
        self.keep = essence

    def reply(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/_calm":
            self.faults.share = 0
            return 200, {}
        if path == "/_report":
            return 200, {"stored": [identifier for _, identifier in self.stored], "faults": self.faults.faults}
        self.asked.clear()
        return super().reply(method, path, body)


def essence(document: dict[str, Any]) -> dict[str, Any]:
    """What `_mget` is asked for."""
    return {name: document[name] for name in ("leaf", "degraded", "truncated") if name in document}


if __name__ == "__main__":
    settings.configure()  # its templates are those of the default settings
    server = Server(int(sys.argv[1]), *sys.argv[2:])
    print(server.url, flush=True)
    server.serve_forever()
