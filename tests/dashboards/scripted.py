"""A server that answers as Dashboards' import does: by its rules, or as its script says."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

Reply = tuple[int, Any]
"""HTTP status, and an object for JSON, a str for HTML, or None for silence."""


class DashboardsServer(HTTPServer):
    """`reply` is answered instead of an import's own answer; `headers` and `objects` are those of the last upload."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Reply | None = None
        self.paths: list[str] = []
        self.headers: Any = {}
        self.objects: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str, headers: Any, body: bytes) -> Reply:
        """Import, as it is told in the documentation and the source: each header and part must be there."""
        self.paths.append(path)
        self.headers = headers
        if self.reply is not None:
            return self.reply
        if path != "/api/saved_objects/_import?overwrite=true":
            return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
        if not headers["osd-xsrf"] or not headers["kbn-xsrf"]:
            return 400, {"statusCode": 400, "message": "Request must contain a osd-xsrf header."}
        name, content = part(headers["Content-Type"], body)
        if not name.endswith(".ndjson"):
            return 400, {"statusCode": 400, "message": "Invalid file extension"}
        self.objects = [json.loads(line) for line in content.splitlines() if line]
        return 200, {"success": True, "successCount": len(self.objects)}


def part(kind: str, body: bytes) -> tuple[str, str]:
    """File name and content of the multipart form's only part, `file`."""
    boundary = re.fullmatch(r"multipart/form-data; boundary=(\w+)", kind)[1].encode()  # type: ignore[index]
    empty, form, end = body.split(b"--" + boundary)
    head, _, content = form.partition(b"\r\n\r\n")
    assert (empty, end) == (b"", b"--\r\n")
    return re.search(r'name="file"; filename="(.+)"', head.decode())[1], content.decode()  # type: ignore[index]


@contextmanager
def dashboards_server() -> Iterator[DashboardsServer]:
    """A server in a thread, ended afterwards."""
    server = DashboardsServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: DashboardsServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, told = self.server.answer(self.path, self.headers, body)
        if told is None:
            return
        data = told.encode() if isinstance(told, str) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(told, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        if 300 <= status < 400:
            self.send_header("Location", f"{self.server.url}/login")
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""
