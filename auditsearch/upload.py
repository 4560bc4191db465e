"""Upload of saved objects to OpenSearch Dashboards or Kibana, by its import API, and what its answers mean."""

from __future__ import annotations

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

from auditsearch.exceptions import AuditSearchError, BackendUnavailable, ConfigurationError
from auditsearch.saved_objects import named, ndjson

PATH = "/api/saved_objects/_import?overwrite=true"
TIMEOUT = 30.0
"""Seconds that the upload may take unless CLIENT["timeout"] says otherwise."""

_LOCAL = ("localhost", "127.0.0.1", "::1")
_REMEDIES = {
    401: "it wants a name and a password: CLIENT['http_auth'] of the settings, or --user",
    403: "this user may not write saved objects there: give the right, or name another --user or --tenant",
    404: "there is no import API: the address must be that of Dashboards itself, with its base path",
    413: "something in front of it refuses 60 kB: raise its limit of a request's size",
    422: "it is older than 2.0, or no OpenSearch Dashboards",
}


@dataclass(frozen=True, slots=True)
class Dashboards:
    """One installation. `options` are those of CLIENT; `user` is a pair of name and password that goes before them."""

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    user: tuple[str, str] | None = field(default=None, repr=False)
    tenant: str = ""

    def __post_init__(self) -> None:
        """Refuse an address that can't be right, and to send a password in the clear."""
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.username:
            raise ConfigurationError(f"{self.url!r} must be an address such as https://dashboards.example.org.")
        if self._login() and address.scheme == "http" and address.hostname not in _LOCAL:
            raise ConfigurationError(f"A password would travel to {self.url} for all to read: use https.")

    def upload(self, objects: list[dict[str, Any]]) -> None:
        """Replace the objects there by these. Raises ConfigurationError or BackendUnavailable; none is then certain."""
        status, kind, body = self._send(ndjson(objects))
        if status != 200:
            raise self._refused(status, body)
        found = _json(body)
        if found is None or "success" not in found:
            raise ConfigurationError(
                f"{self.url} answered with {kind or 'no type'}, as a login page or a proxy does: the address must be "
                "that of Dashboards itself, with its base path."
            )
        if errors := found.get("errors"):
            told = "; ".join(_fault(error, objects) for error in errors)
            raise ConfigurationError(f"{self.url} took not all of the objects: {told}.")
        if found["success"] is not True or found.get("successCount") != len(objects):
            raise ConfigurationError(
                f"{self.url} took {found.get('successCount', 0)} of {len(objects)} objects and does not say why; "
                "its log does."
            )

    def _send(self, lines: bytes) -> tuple[int, str, bytes]:
        boundary = uuid4().hex
        request = urllib.request.Request(self.url.rstrip("/") + PATH, _form(lines, boundary), self._headers(boundary))  # noqa: S310 - http or https
        opener = urllib.request.build_opener(_Stay, urllib.request.HTTPSHandler(context=self._tls()))
        try:
            with opener.open(request, timeout=float(self.options.get("timeout") or TIMEOUT)) as answer:
                return answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers.get("Content-Type", ""), error.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(error) from None

    def _silent(self, error: Exception) -> AuditSearchError:
        cause = getattr(error, "reason", error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ConfigurationError(
                f"{self.url} has a certificate that is not trusted ({cause.verify_message}): "
                "name its authority in CLIENT['ca_certs']."
            )
        if isinstance(cause, ssl.SSLError):
            return ConfigurationError(f"{self.url} speaks no TLS that we know ({cause.reason}): is it http?")
        return BackendUnavailable(f"{self.url} does not answer ({cause or type(cause).__name__}): is it up?")

    def _headers(self, boundary: str) -> dict[str, str]:
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "osd-xsrf": "true", "kbn-xsrf": "true"}
        if login := self._login():
            headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        return headers | ({"securitytenant": self.tenant} if self.tenant else {})

    def _login(self) -> str:
        given = self.user or self.options.get("http_auth") or ""
        return given if isinstance(given, str) else ":".join(given)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.options.get("ca_certs"))
        if certificate := self.options.get("client_cert"):
            context.load_cert_chain(certificate, self.options.get("client_key"))
        if self.options.get("verify_certs") is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _refused(self, status: int, body: bytes) -> AuditSearchError:
        said = str((_json(body) or {}).get("message", ""))[:300]
        if 300 <= status < 400:
            remedy = "it leads elsewhere: the address must be that of Dashboards itself, without a login page before it"
        else:
            remedy = _REMEDIES.get(status, "its log says more")
        text = f"{self.url} answered {status}{f' ({said})' if said else ''}: {remedy}."
        return BackendUnavailable(text) if status == 429 or status >= 500 else ConfigurationError(text)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: a password is for the address that was named."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _form(lines: bytes, boundary: str) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="auditsearch.ndjson"\r\n'
        "Content-Type: application/ndjson\r\n\r\n"
    )
    return head.encode() + lines + f"\r\n--{boundary}--\r\n".encode()


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _fault(told: Any, objects: list[dict[str, Any]]) -> str:
    """Say what is wrong with one object, as the API tells it: {type, id, error: {type, ...}}."""
    error = told.get("error") or {}
    known = [one for one in objects if (one["type"], one["id"]) == (told.get("type"), told.get("id"))]
    name = named(known[0]) if known else f"{told.get('type')} {told.get('id')}"
    missing = [f"{one.get('type')} {one.get('id')}" for one in error.get("references", [])]
    what = {
        "unsupported_type": "its kind is unknown there",
        "missing_references": f"it needs {', '.join(missing)}",
        "conflict": "another one has its id",
        "ambiguous_conflict": "several others have its id",
    }.get(error.get("type", ""), str(error.get("message") or error.get("type") or "no reason given"))
    return f"{name}: {what}"
