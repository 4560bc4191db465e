"""Who acts, in which request, and from where: context variables, alike in threads and in asynchronous code."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest

from auditsearch.conf import settings

logger = logging.getLogger("auditsearch")


class Actor(NamedTuple):
    """The acting user: id as text, and name; both None where nobody is signed in."""

    suid: str | None = None
    user: str | None = None


class Origin(NamedTuple):
    """Where an event comes from; each part is None where unknown."""

    request_token: str | None = None
    client_request_id: str | None = None
    suid: str | None = None
    user: str | None = None
    ip: str | None = None


NOBODY = Actor()
NOWHERE = Origin()
UNIX_SOCKET = "unix"
"""Entry of TRUSTED_PROXIES that means a proxy which connects through a Unix socket, and so has no address."""


class _Captured:
    """A request, with what was already found out about it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.asked: Any = None  # the user object that `actor` tells of
        self.actor = NOBODY
        self.asking = False

    @cached_property
    def ip(self) -> str | None:
        return ip_of(self.request)


_captured: ContextVar[_Captured | None] = ContextVar("auditsearch_request", default=None)
_token: ContextVar[tuple[str | None, str | None]] = ContextVar("auditsearch_token", default=(None, None))
_acting: ContextVar[Actor | None] = ContextVar("auditsearch_actor", default=None)


def get_request() -> HttpRequest | None:
    """Return the request that is being answered, None outside of one or without CaptureRequestMiddleware."""
    captured = _captured.get()
    return captured.request if captured else None


def get_request_token() -> str | None:
    """Return the token that all events of this request share, None without RequestTokenMiddleware."""
    return _token.get()[0]


def get_user_ip() -> str | None:
    """Return the address of whoever sent this request, None where unknown."""
    captured = _captured.get()
    return captured.ip if captured else None


def origin() -> Origin:
    """Return all that is known about where an event of this moment comes from."""
    captured, (token, client_id), acting_now = _captured.get(), _token.get(), _acting.get()
    if captured is None and token is None and acting_now is None:
        return NOWHERE
    actor = acting_now or (_actor(captured) if captured else NOBODY)
    return Origin(token, client_id, *actor, captured.ip if captured else None)


@contextmanager
def request_scope(request: HttpRequest) -> Iterator[None]:
    """Make `request` the one that `get_request` returns."""
    reset = _captured.set(_Captured(request))
    try:
        yield
    finally:
        _captured.reset(reset)


@contextmanager
def token_scope(token: str | None, client_request_id: str | None = None) -> Iterator[None]:
    """Tie all events inside together by `token`."""
    reset = _token.set((token, client_request_id))
    try:
        yield
    finally:
        _token.reset(reset)


@contextmanager
def acting(user: Any) -> Iterator[None]:
    """Let `user`, a user object, be the one who acts inside, whoever is signed in."""
    reset = _acting.set(actor_of(user))
    try:
        yield
    finally:
        _acting.reset(reset)


def actor_of(user: Any) -> Actor:
    """Return id and name of a user object; anonymous users and None have neither."""
    if user is None or not user.is_authenticated:
        return NOBODY
    return Actor(str(user.pk), user.get_username())


def _actor(captured: _Captured) -> Actor:
    """Ask the request's user as late as possible: views and token authentication may set another one."""
    user = getattr(captured.request, "user", None)
    if user is captured.asked or captured.asking:
        return captured.actor
    captured.asking = True  # finding the user may save a tracked object, which asks for the user
    try:
        captured.asked, captured.actor = user, actor_of(user)
    except Exception:
        logger.exception("The acting user could not be read", extra={"action": "actor"})
    finally:
        captured.asking = False
    return captured.actor


def ip_of(request: HttpRequest) -> str | None:
    """Return the sender's address: REMOTE_ADDR, or behind trusted proxies the last hop that is none of them."""
    hop = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if forwarded and trusted(hop):
        for hop in reversed(forwarded.split(",")):
            if not trusted(_bare(hop)):
                break
    address = _address(_bare(hop))
    return str(address) if address else None


def trusted(address: str) -> bool:
    """Return whether `address` (empty for a Unix socket) is one of TRUSTED_PROXIES."""
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return False
    if not address:
        return UNIX_SOCKET in proxies
    return _inside(address, tuple(proxies))


@lru_cache(maxsize=1024)
def _inside(text: str, proxies: tuple[str, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in _network(proxy) for proxy in proxies if proxy != UNIX_SOCKET)


@lru_cache
def _network(proxy: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(proxy, strict=False)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _bare(hop: str) -> str:
    """Return a hop without port and brackets: `[::1]:80` is `::1`, `10.0.0.1:80` is `10.0.0.1`."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
