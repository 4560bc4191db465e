"""A search server of our own on a real socket, which answers `_bulk` as its script says: for each way to go wrong."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from auditsearch.backends.templates import Templates

Reply = tuple[int, Any]
"""HTTP status, and an object for JSON or a str for HTML."""

Lines = list[tuple[dict[str, Any], dict[str, Any]]]
"""Of a bulk request: each action's metadata, and its document."""

Answer = Callable[["FakeServer", Lines], Reply]

RESET: Reply = (0, None)


class Drip(dict[str, Any]):
    """A JSON object that is sent in many small pieces."""


class FakeServer(ThreadingHTTPServer):
    """Stores documents as a server would; `script` holds answers to the next bulk requests instead.

    `replies` are fixed answers by path. `stored` is (partition, id) -> document, `asked` all paths so far, `requests`
    and `bytes` the documents and the size of each bulk request. Without `template` it has none of ours, `gone` it is
    silent. `plan` answers where the script is at its end, `keep` says what is kept of a document.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: list[Answer] = []
        self.replies: dict[str, Reply] = {}
        self.stored: dict[tuple[str, str], dict[str, Any]] = {}
        self.partitions: set[str] = set()
        self.requests: list[int] = []
        self.asked: list[str] = []
        self.bytes: list[int] = []
        self.template, self.gone = True, False
        self.plan: Answer = store
        self.keep: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def reply(self, method: str, path: str, body: bytes) -> Reply:
        """Answer any request."""
        self.asked.append(f"{method} {path}")
        parts = path.strip("/").split("/")
        if path in self.replies or self.gone:
            return self.replies.get(path, RESET)
        if parts[0] == "_bulk":
            return self.bulk(body)
        if parts[0] == "_mget":
            return 200, {"docs": [self.get(doc["_index"], doc["_id"]) for doc in json.loads(body)["docs"]]}
        if parts[0] == "_index_template":
            mappings = Templates(None, "auditsearch").component()["template"]["mappings"]  # type: ignore[arg-type]
            return 200, {"template": {"mappings": mappings} if self.template else {}, "index_templates": []}
        if method == "PUT":
            self.partitions.add(parts[0].removesuffix("-v1"))
            return 200, {"acknowledged": True}
        if parts[0] not in self.partitions:
            return 404, {"error": {"type": "index_not_found_exception"}}
        return 200, {f"{parts[0]}-v1": {"settings": {}}}

    def bulk(self, body: bytes) -> Reply:
        """Answer a bulk request by the script, or else as a server does."""
        rows = [json.loads(line) for line in body.splitlines()]
        lines = [(action["create"], document) for action, document in zip(rows[::2], rows[1::2], strict=True)]
        self.requests.append(len(lines))
        self.bytes.append(len(body))
        with self.lock:
            return self.script.pop(0)(self, lines) if self.script else self.plan(self, lines)

    def get(self, partition: str, identifier: str) -> dict[str, Any]:
        """Answer for one document."""
        document = self.stored.get((partition, identifier))
        return {"_id": identifier, "found": document is not None, "_source": document}

    def create(self, action: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        """Store one document, and tell of it."""
        index, identifier = action["_index"], action["_id"]
        if index not in self.partitions:
            return item(action, 404, "index_not_found_exception")
        if (index, identifier) in self.stored:
            return item(action, 409, "version_conflict_engine_exception")
        self.stored[index, identifier] = self.keep(document)
        return item(action, 201)


def item(action: dict[str, Any], status: int, error: str = "", reason: str = "SECRET", **changes: Any) -> Any:
    """One element of a bulk answer."""
    told: dict[str, Any] = {"_index": f"{action['_index']}-v1", "_id": action["_id"], "status": status}
    if error:
        told["error"] = {"type": error, "reason": reason}
    else:
        told |= {"result": "created", "_shards": {"total": 2, "successful": 2, "failed": 0}}
    return {"create": told | changes}


def store(server: FakeServer, lines: Lines) -> Reply:
    """As a server answers."""
    return 200, {"errors": False, "items": [server.create(*line) for line in lines]}


def refuse(status: int, error: str = "", **changes: Any) -> Answer:
    """Each item is refused, or told of wrongly."""
    return lambda server, lines: (200, {"items": [item(action, status, error, **changes) for action, _ in lines]})


def whole(status: int, error: str = "", html: str = "") -> Answer:
    """The whole request is refused."""
    return lambda server, lines: (status, html or {"error": {"type": error, "reason": "SECRET"}, "status": status})


def applied(after: Reply) -> Answer:
    """The documents are stored, but the answer is `after`."""
    return lambda server, lines: (store(server, lines), after)[1]


def reworked(change: Callable[[list[Any]], list[Any]]) -> Answer:
    """The documents are stored, and the answer's items are changed."""
    return lambda server, lines: (200, {"items": change(store(server, lines)[1]["items"])})


@contextmanager
def fake_server() -> Iterator[FakeServer]:
    """A server in a thread, ended afterwards."""
    server = FakeServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FakeServer

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = self.server.reply(self.command, self.path.partition("?")[0], body)
        if (status, answer) == RESET:
            self.close_connection = True
            self.connection.close()
            return
        html = isinstance(answer, str)
        data = answer.encode() if html else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if html else "application/json")
        self.send_header("Content-Length", str(len(data)))
        if 300 <= status < 400:
            self.send_header("Location", "/login")
        self.end_headers()
        size = len(data) // 10 + 1 if isinstance(answer, Drip) else max(1, len(data))
        for start in range(0, len(data), size):
            self.wfile.write(data[start : start + size])
            if isinstance(answer, Drip):
                time.sleep(0.005)

    do_GET = do_POST = do_PUT = respond  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""
