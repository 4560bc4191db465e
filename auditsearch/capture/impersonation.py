"""Acting as somebody else: the beginning and the end, as django-hijack and django-impersonate tell them."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

from auditsearch.actor import remember
from auditsearch.capture.actions import about
from auditsearch.capture.record import Record
from auditsearch.capture.system import tell
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


def _receiver(code: Code) -> Any:
    def received(sender: Any, request: Any = None, **users: Any) -> None:
        who = users.get("hijacker") or users.get("impersonator")
        whom = users.get("hijacked") or users.get("impersonating")
        if code == BEGIN:
            remember(request, who)
        tell(code, lambda draft: _fill(draft, code, who, whom), request=request)

    return received


def _fill(draft: Record, code: Code, who: Any, whom: Any) -> None:
    draft.suid, draft.user = actor_of(who)
    draft.context_data.pop("impersonator", None)  # it is the actor of this event
    about(draft, whom)
    verb = "began" if code == BEGIN else "ended"
    draft.verbose = f"{draft.user} {verb} to act as {actor_of(whom).user}"
