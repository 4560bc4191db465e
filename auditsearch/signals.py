"""The four signals by which an application says what its events tell. None is needed.

    @receiver(post_snapshot_signal)
    def critical(sender, log_record, **kwargs):
        if log_record.object_type == "shop.Price":
            log_record.event_code = EventCode.CRITICAL_CHANGE

Handlers run where the event happens, in the order in which they were connected, before anything is masked and written.
A handler that raises is counted and logged, and the event goes on without it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from typing import Any

from django.dispatch import Signal


class AuditSignal(Signal):
    """A signal whose handlers may leave out `**kwargs`: they are given the arguments that they name."""

    def connect(
        self, receiver: Callable[..., Any], sender: Any = None, weak: bool = True, dispatch_uid: Hashable | None = None
    ) -> None:
        """Connect a handler, as Django's signals do. One that takes no `**kwargs` is held strongly."""
        if takes_all(receiver):
            super().connect(receiver, sender, weak, dispatch_uid)
            return
        super().connect(_given_what_it_names(receiver), sender, False, dispatch_uid or ("auditsearch", receiver))

    def disconnect(
        self, receiver: Callable[..., Any] | None = None, sender: Any = None, dispatch_uid: Hashable | None = None
    ) -> bool:
        """Disconnect a handler; returns whether it was connected."""
        if receiver is not None and dispatch_uid is None and not takes_all(receiver):
            dispatch_uid = ("auditsearch", receiver)
        return super().disconnect(receiver, sender, dispatch_uid)


def takes_all(handler: Callable[..., Any]) -> bool:
    """Return whether a handler takes `**kwargs`."""
    return any(each.kind is each.VAR_KEYWORD for each in inspect.signature(handler).parameters.values())


def _given_what_it_names(handler: Callable[..., Any]) -> Callable[..., Any]:
    names = set(inspect.signature(handler).parameters)

    def receiver(**arguments: Any) -> Any:
        return handler(**{name: value for name, value in arguments.items() if name in names})

    return receiver


msg_for_log_signal = AuditSignal()
"""Asks for the sentence of an event: `log_record`, `model_instance` (None for system events), `fields_dict` {attname:
value}. A handler returns the text, or None to leave it; of several the last one counts."""

log_context_signal = AuditSignal()
"""Asks where an event comes from: `request`, None outside of one. A handler returns a dictionary: `suid`, `system_type`
and `event_type` are the record's, all other keys go to its context. Several are merged in order."""

post_snapshot_signal = AuditSignal()
"""Tells that a model's event is about to be written: `log_record`, which can be changed or dropped."""

post_system_event_signal = AuditSignal()
"""Tells the same of all other events: `log_record`, `action` (the view, of hooked actions), `request`."""

custom_verbose = msg_for_log_signal
custom_log_context = log_context_signal
post_snapshot = post_snapshot_signal
post_system_event = post_system_event_signal
