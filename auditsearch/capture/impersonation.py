"""Acting as somebody else: the beginning and the end, as django-hijack, -impersonate and -loginas tell them."""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

from auditsearch.actor import Actor, impersonator_of, remember
from auditsearch.capture.actions import about
from auditsearch.capture.record import Record
from auditsearch.capture.system import tell
from auditsearch.capture.unsaid import unwrapped
from auditsearch.context import actor_of
from auditsearch.enums import Code, EventCode

BEGIN, END = EventCode.IMPERSONATE_BEGIN, EventCode.IMPERSONATE_END
SIGNALS = {
    "hijack": {"hijack.signals.hijack_started": BEGIN, "hijack.signals.hijack_ended": END},
    "impersonate": {"impersonate.signals.session_begin": BEGIN, "impersonate.signals.session_end": END},
}
"""Application -> its signals, and what each means."""


def connect() -> None:
    """Listen to those that are installed."""
    for app, signals in SIGNALS.items():
        for path, code in signals.items() if apps.is_installed(app) else ():
            import_string(path).connect(_receiver(code), dispatch_uid=f"auditsearch.{code}", weak=False)
    if apps.is_installed("loginas"):
        modules = [import_module(f"loginas.{name}") for name in ("utils", "views")]
        for name, telling in (("login_as", _beginning), ("restore_original_login", _ending)):
            wrapper = telling(getattr(modules[0], name))
            for module in modules:
                setattr(module, name, wrapper)


def _receiver(code: Code) -> Any:
    def received(sender: Any, request: Any = None, **users: Any) -> None:
        who = users.get("hijacker") or users.get("impersonator")
        whom = users.get("hijacked") or users.get("impersonating")
        if code == BEGIN:
            remember(request, who)
        tell(code, lambda draft: _fill(draft, code, who, whom), request=request)

    return received


def _beginning(login_as: Any) -> Any:
    """Tell what django-loginas, which sends no signals, does by a function."""

    @wraps(login_as)
    def begun(user: Any, request: Any, store_original_user: bool = True, *args: Any, **options: Any) -> Any:
        who = unwrapped(request.user)
        result = login_as(user, request, store_original_user, *args, **options)
        if store_original_user and impersonator_of(request) is not None:
            reason = options.get("reason") or (args[0] if args else None)
            tell(BEGIN, lambda draft: _fill(draft, BEGIN, who, user, reason), request=request)
        return result

    return begun


def _ending(restore: Any) -> Any:
    @wraps(restore)
    def ended(request: Any) -> Any:
        who, whom = impersonator_of(request), unwrapped(request.user)
        result = restore(request)
        if who is not None:
            tell(END, lambda draft: _fill(draft, END, who, whom), request=request)
        return result

    return ended


def _fill(draft: Record, code: Code, who: Any, whom: Any, reason: str | None = None) -> None:
    draft.suid, draft.user = who if isinstance(who, Actor) else actor_of(who)
    if reason:
        draft.context_data["reason"] = reason
    draft.context_data.pop("impersonator", None)  # it is the actor of this event
    about(draft, whom)
    verb = "began" if code == BEGIN else "ended"
    draft.verbose = f"{draft.user} {verb} to act as {actor_of(whom).user}"
