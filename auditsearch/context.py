"""Who acts, in which request, and from where: context variables, alike in threads and in asynchronous code."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpRequest

from auditsearch.actor import NOBODY, Actor, actor_of, impersonator_of
from auditsearch.addresses import UNIX_SOCKET, ip_of, trusted

__all__ = ["NOBODY", "UNIX_SOCKET", "Actor", "Origin", "acting", "actor_of", "ip_of", "origin", "trusted"]

logger = logging.getLogger("auditsearch")


class Origin(NamedTuple):
    """Where an event comes from; each part is None where unknown."""

    request_token: str | None = None
    client_request_id: str | None = None
    suid: str | None = None
    user: str | None = None
    ip: str | None = None


class Running(NamedTuple):
    """What runs outside of any request: a command, a shell, a migration or a task.

    `kind` is a code of SystemEnum, `actor` and `ip` hold where no request is being answered, `context` is what its
    events tell beside that. `within` is the request that it was started in.
    """

    kind: str
    context: dict[str, Any]
    actor: Actor
    ip: str | None = None
    within: Any = None


NOWHERE = Origin()


class _Captured:
    """A request, with what was already found out about it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.asked: Any = None  # the user object that `actor` tells of
        self.actor = NOBODY
        self.impersonator: Actor | None = None
        self.memorized: Any = None
        self.asking = False

    @cached_property
    def ip(self) -> str | None:
        return ip_of(self.request)


_captured: ContextVar[_Captured | None] = ContextVar("auditsearch_request", default=None)
_token: ContextVar[tuple[str | None, str | None]] = ContextVar("auditsearch_token", default=(None, None))
_acting: ContextVar[tuple[Actor, str | None] | None] = ContextVar("auditsearch_actor", default=None)
_running: ContextVar[Running | None] = ContextVar("auditsearch_running", default=None)
_memorized: ContextVar[Any] = ContextVar("auditsearch_memorized", default=None)


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
        return NOWHERE if _running.get() is None and _memorized.get() is None else Origin(None, None, *_unasked())
    if captured is None:
        actor, ip = Actor(*_unasked()[:2]), _unasked()[2]
    else:
        actor, ip = _actor(captured), captured.ip
    return Origin(token, client_id, *(acting_now[0] if acting_now else actor), ip)


def circumstances() -> tuple[str | None, dict[str, Any]] | None:
    """Return what else is known: the kind of system, and keys for the context; None where there is nothing.

    The keys are `reason`, `impersonator`, and `command`, `migration` or `task`.
    """
    captured, acting_now, running = _captured.get(), _acting.get(), _running.get()
    if acting_now is None and running is None and (captured is None or captured.impersonator is None):
        return None
    if running is not None and running.within is not captured:
        running = None  # a request that is answered by a command which serves
    found = dict(running.context) if running else {}
    if captured is not None and captured.impersonator is not None:
        found["impersonator"] = {"suid": captured.impersonator.suid, "user": captured.impersonator.user}
    if acting_now is not None and acting_now[1] is not None:
        found["reason"] = acting_now[1]
    return (running.kind if running else None), found


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


def held() -> Callable[[], AbstractContextManager[None]]:
    """Return what brings the request, token and actor that are known now back later, for as long as each call of it."""
    variables: tuple[ContextVar[Any], ...] = (_captured, _token, _acting, _running)
    known = [(variable, variable.get()) for variable in variables]

    @contextmanager
    def again() -> Iterator[None]:
        resets = [(variable, variable.set(value)) for variable, value in known]
        try:
            yield
        finally:
            for variable, reset in resets:
                variable.reset(reset)

    return again


@contextmanager
def running_scope(kind: str, context: dict[str, Any], actor: Actor = NOBODY, ip: str | None = None) -> Iterator[None]:
    """Let events inside tell that a command, a shell, a migration or a task made them."""
    reset = _running.set(Running(kind, context, actor, ip, _captured.get()))
    try:
        yield
    finally:
        _running.reset(reset)


@contextmanager
def acting(user: Any, reason: str | None = None) -> Iterator[None]:
    """Let `user` be the one who acts inside, whoever is signed in: a user object, a name, or None for nobody.

    `reason` stands in the context of each event inside. In a nested `acting`, the inner user counts, and the outer
    reason where the inner one gives none.
    """
    outer = _acting.get()
    reason = None if reason is None else str(reason)
    reset = _acting.set((actor_of(user), reason if reason is not None or outer is None else outer[1]))
    try:
        yield
    finally:
        _acting.reset(reset)


def memorize(user: Any) -> None:
    """Let `user` be the one who acts from now on where nobody is signed in: in this request, else in this thread."""
    captured = _captured.get()
    if captured is None:
        _memorized.set(user)
    else:
        captured.memorized = user


def memorized() -> Any:
    """Return the user object that `memorize` was given, None without one."""
    captured = _captured.get()
    return _memorized.get() if captured is None else captured.memorized


def running() -> Running | None:
    """Return what runs outside of any request, None in a request and where nothing is known."""
    found = _running.get()
    return found if found is not None and found.within is _captured.get() else None


def _unasked() -> tuple[str | None, str | None, str | None]:
    """Return id and name of the actor, and the address, where no request is being answered."""
    found, user = _running.get(), _memorized.get()
    actor = actor_of(user) if user is not None else found.actor if found else NOBODY
    return (*actor, found.ip if found else None)


def _actor(captured: _Captured) -> Actor:
    """Ask the request's user as late as possible: views and token authentication may set another one."""
    user = getattr(captured.request, "user", None)
    if (user is captured.asked and captured.memorized is None) or captured.asking:
        return captured.actor
    captured.asking = True  # finding the user may save a tracked object, which asks for the user
    try:
        actor = actor_of(user)
        captured.impersonator = impersonator_of(captured.request)
        captured.asked = user
        captured.actor = actor_of(captured.memorized) if actor is NOBODY else actor
    except Exception:
        logger.exception("The acting user could not be read", extra={"action": "actor"})
    finally:
        captured.asking = False
    return captured.actor
