"""One event where a workflow transition and a page, or a model, tell of the same change inside one request."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections

from auditsearch.conf import settings
from auditsearch.logs.catalog import logs
from auditsearch.models import OutboxRow

if TYPE_CHECKING:
    from auditsearch.capture.record import Record

REMEMBERED = 1000
"""Transitions of requests that are through, whose page may still come."""

SAID = "told by a transition"
"""The rule by which a page's event is suppressed."""

Key = tuple[str, str | None, str, str]


class Told(NamedTuple):
    """Drafts of the open transaction by what they are about, and which of them stand for two.

    `hooks` is the transaction's own list.
    """

    hooks: Any
    drafts: dict[Key, Record]
    both: set[Key]


_done: OrderedDict[Key, None] = OrderedDict()


def told_already(using: str, draft: Record) -> str:
    """Return why a draft needs no event of its own, "" if it needs one.

    Inside one transaction the transition takes over what the other event knows (diff, snapshot, context, its code and
    sentence under `also`), and stands for both. After its commit, only an event that knows nothing more is left out.
    """
    log = logs().get(draft.log)
    if log is None or not log.transitions or draft.object_type is None or draft.object_id is None:
        return ""
    key = (draft.log, draft.request_token, draft.object_type, draft.object_id)
    is_transition = draft.event_code in log.transitions
    bare = not (draft.context_data.get("diff") or draft.object_snapshot)
    told = _open(using)
    if told is not None:
        earlier = told.drafts.get(key)
        if earlier is not None and (earlier.event_code in log.transitions) != is_transition:
            if key not in told.both:
                return _together(using, told, key, draft, is_transition)
            if bare:
                return SAID  # what comes with a diff is told by itself: one event has room for one
        else:
            told.drafts[key] = draft
            told.both.discard(key)
    if is_transition and draft.request_token:
        connections[using].on_commit(lambda: _remember(key), robust=True)
    return SAID if not is_transition and bare and key in _done else ""


def _together(using: str, told: Told, key: Key, draft: Record, is_transition: bool) -> str:
    """Let the later of both be the one event: it takes the earlier one's row away, in the same transaction."""
    earlier = told.drafts[key]
    first, second = (draft, earlier) if is_transition else (earlier, draft)
    context = {**second.context_data, **first.context_data}
    context["also"] = {"event_code": second.event_code, "verbose": second.verbose}
    snapshot = first.object_snapshot or second.object_snapshot
    for name in ("event_code", "event_type", "system_type", "level", "logger", "verbose", "object_label"):
        setattr(draft, name, getattr(first, name) or getattr(second, name))
    draft.context_data, draft.object_snapshot = context, snapshot
    draft.ready = first.ready and second.ready
    draft.heard = [*first.heard, *second.heard]
    earlier.drop()
    OutboxRow.objects.using(using).filter(event_id=earlier.id)._raw_delete(using)
    told.drafts[key] = draft
    told.both.add(key)
    return ""


def _open(using: str) -> Told | None:
    """What was told in the transaction that is open on `using`; None outside of one, or where the outbox is elsewhere.

    A savepoint that is rolled back changes the list of hooks, and all is forgotten: both events are then kept.
    """
    connection = connections[using]
    if not connection.in_atomic_block or settings.DATABASE not in (None, using):
        return None
    told: Told | None = vars(connection).get("_auditsearch_told")
    if told is None or told.hooks is not connection.run_on_commit:
        told = vars(connection)["_auditsearch_told"] = Told(connection.run_on_commit, {}, set())
    return told


def _remember(key: Key) -> None:
    _done[key] = None
    while len(_done) > REMEMBERED:
        _done.popitem(last=False)
