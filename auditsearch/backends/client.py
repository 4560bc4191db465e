"""Requests to a search server: the one place that knows opensearch-py, its errors and what they mean.

A client error quotes the document that was sent; here it becomes ours, which does not, and is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from auditsearch.backends.options import check_options
from auditsearch.exceptions import AuditSearchError, BackendUnavailable, ConfigurationError

TIMEOUT = 30.0
"""Seconds that one request may take unless CLIENT["timeout"] says otherwise."""

_CONNECTIONS = 10


class Documents(bytes):
    """The body of a request that carries documents: no traceback with local values shows them."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class NoAnswer(BackendUnavailable):
    """The server can't be reached, or was silent for too long; nothing is known of what it did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: its status, and its JSON or None where it is none."""

    status: int
    body: Any = field(repr=False)  # may quote documents

    @property
    def ok(self) -> bool:
        """Whether it is a 2xx answer with a JSON object."""
        return 200 <= self.status < 300 and isinstance(self.body, dict)

    @property
    def error(self) -> str:
        """The server's name of the error, such as `cluster_block_exception`; "" where there is none."""
        return error_type(self.body.get("error") if isinstance(self.body, dict) else None)

    @property
    def reason(self) -> str:
        """The server's sentence. It may quote documents: show it only where the request carried none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("reason", "")) if isinstance(error, dict) else ""

    @property
    def cause(self) -> str:
        """Type and sentence of the innermost error, cut to 300 characters; as with `reason`, it may quote."""
        if not self.error:
            return "without a reason"
        roots = self.body["error"].get("root_cause") or [self.body["error"]]
        return f"{error_type(roots[0])}: {roots[0].get('reason', '')}"[:300]


def error_type(error: Any) -> str:
    """Return the type of a server's error object, "" for anything else."""
    return str(error.get("type", "")) if isinstance(error, dict) else ""


class Client:
    """One cluster. Made lazily and once in each process, so that a fork shares no sockets.

    `request` raises NoAnswer where none came, and ConfigurationError where the server refuses us.
    """

    def __init__(self, hosts: Sequence[str], options: Mapping[str, Any]) -> None:
        self.hosts = list(hosts)
        self.options = dict(options)
        self.timeout = float(self.options.pop("timeout", None) or TIMEOUT)
        self._made: tuple[int, Any] | None = None

    def request(self, method: str, path: str, body: bytes | Mapping[str, Any] | None = None, **params: str) -> Answer:
        """Send one request. `body` is JSON as bytes or as an object; `params` go into the URL."""
        payload = orjson.dumps(body) if isinstance(body, Mapping) else body
        answer = self._send(method, path, payload, params)
        if isinstance(answer, AuditSearchError):
            raise answer  # outside of `except`, so that the client's error does not hang on it
        self._check_right(method, path, answer)
        return answer

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: str) -> dict[str, Any]:
        """Like `request`, for what must succeed: returns the JSON object, raises for all else."""
        return self.proven(self.request(method, path, body, **params), f"{method} {path}")

    def raw(self, method: str, path: str, body: Mapping[str, Any], **params: str) -> bytes:
        """Like `ask`, but the answer's bytes, not parsed: for those that are large."""
        answer = self._send(method, path, orjson.dumps(body), params, unread=True)
        if isinstance(answer, AuditSearchError):
            raise answer
        self._check_right(method, path, answer)
        if isinstance(answer.body, bytes):
            return answer.body
        return orjson.dumps(self.proven(answer, f"{method} {path}"))

    def proven(self, answer: Answer, what: str, *, quoting: bool = True) -> dict[str, Any]:
        """Return the JSON object of an answer that must be a success. Raises for all else, naming `what` was asked;
        without the server's sentence where that may quote documents and so is not `quoting`.
        """
        if answer.ok:
            return dict(answer.body)
        told = f"{answer.status} {answer.cause if quoting else answer.error}"
        if answer.status == 429 or answer.status >= 500 or answer.error == "cluster_block_exception":
            raise BackendUnavailable(f"The search server can't do {what} now: {told}.")
        if answer.error:
            raise ConfigurationError(f"The search server refuses {what}: {told}.")
        raise ConfigurationError(
            f"{self.where} answers {what} with {answer.status} and not as a search server does: check "
            "AUDITSEARCH['HOSTS']."
        )

    @property
    def where(self) -> str:
        """The hosts without credentials, for messages."""
        return ", ".join(f"{(url := urlsplit(host)).scheme}://{url.netloc.rpartition('@')[2]}" for host in self.hosts)

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        made, self._made = self._made, None
        if made and made[0] == os.getpid():
            made[1].close()

    def _send(
        self, method: str, path: str, payload: bytes | None, params: Mapping[str, str], *, unread: bool = False
    ) -> Answer | AuditSearchError:
        transport = self._transport()
        from opensearchpy import exceptions

        said = {"params": dict(params), "body": payload, "timeout": self.timeout}
        try:
            if unread:
                return Answer(200, transport.get_connection().unread(method, path, **said))
            body = transport.perform_request(method, path, **said)
        except exceptions.SSLError as error:
            return ConfigurationError(
                f"No secure connection to {self.where} ({_cause(error)}): check the https:// in "
                "AUDITSEARCH['HOSTS'] and ca_certs in AUDITSEARCH['CLIENT']."
            )
        except exceptions.ConnectionError as error:
            return NoAnswer(
                f"No answer from the search server at {self.where} ({_cause(error)}): is it up, "
                "and is AUDITSEARCH['HOSTS'] right?"
            )
        except exceptions.SerializationError:
            return Answer(200, None)
        except exceptions.TransportError as error:
            return Answer(int(error.status_code), error.info if isinstance(error.info, dict) else None)
        return Answer(200, body)

    def _check_right(self, method: str, path: str, answer: Answer) -> None:
        if 300 <= answer.status < 400:
            raise ConfigurationError(
                f"{self.where} redirects ({answer.status}): AUDITSEARCH['HOSTS'] must name the search server itself."
            )
        if answer.status == 401:
            raise ConfigurationError(
                f"{self.where} refuses our credentials (401): check http_auth or client_cert in AUDITSEARCH['CLIENT']."
            )
        if answer.status == 403 and answer.error != "cluster_block_exception":
            raise ConfigurationError(
                f"{self.where} does not allow {method} {path} (403): give our user the right, or "
                "check http_auth in AUDITSEARCH['CLIENT']."
            )

    def _transport(self) -> Any:
        if self._made is None or self._made[0] != os.getpid():
            check_options(self.hosts, self.options)
            self._made = (os.getpid(), _connect(self.hosts, self.options, self.timeout))
        return self._made[1]


class _Json:
    """What opensearch-py calls to read and write JSON: bodies are bytes already, answers may be no JSON."""

    mimetype = "application/json"

    def dumps(self, data: bytes) -> bytes:
        return data

    def loads(self, data: str) -> Any:
        try:
            return orjson.loads(data)
        except ValueError:
            return None


def _connect(hosts: Sequence[str], options: Mapping[str, Any], timeout: float) -> Any:
    if find_spec("opensearchpy") is None:
        raise ConfigurationError('The search server\'s client is missing: pip install "auditsearch[opensearch]".')
    from opensearchpy import OpenSearch, Urllib3HttpConnection, exceptions
    from urllib3.exceptions import HTTPError, SSLError

    class Connection(Urllib3HttpConnection):
        """Logs nothing: requests hold documents, a 404 is an everyday answer, and failures are raised as ours."""

        def log_request_success(self, *args: Any, **kwargs: Any) -> None: ...

        def log_request_fail(self, *args: Any, **kwargs: Any) -> None: ...

        def unread(self, method: str, path: str, params: Mapping[str, str], body: bytes, timeout: float) -> bytes:
            """The answer's bytes as they come: to make text of many takes longer than to fetch them."""
            url = f"{self.url_prefix}{path}?{urlencode(params)}"
            try:
                answer = self.pool.urlopen(method, url, body, retries=False, headers=self.headers, timeout=timeout)
            except HTTPError as error:
                kind = exceptions.SSLError if isinstance(error, SSLError) else exceptions.ConnectionError
                raise kind("N/A", str(error), error) from error
            if answer.status != 200:
                self._raise_error(answer.status, answer.data, answer.headers.get("content-type"))
            return bytes(answer.data)

    client = OpenSearch(
        list(hosts),
        connection_class=Connection,
        **options,
        timeout=timeout,
        serializer=_Json(),
        http_compress=False,
        pool_maxsize=_CONNECTIONS,
        max_retries=len(hosts) - 1,
        retry_on_status=(),  # each status is judged by those who asked
        ssl_show_warn=False,  # a system check speaks of verify_certs
    )
    return client.transport


def _cause(error: Any) -> str:
    return str(error.error).rpartition(": ")[2]
