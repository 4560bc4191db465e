"""COALESCE: several saves of one object in one transaction are one event, from the first old state to the last new.

The earlier event's row is taken back in the same transaction. What was written there so far is remembered beside the
connection, and forgotten with its commit and with every rollback: both give the connection a new list of hooks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connections
from django.db.models import BigIntegerField, ExpressionWrapper, QuerySet, Subquery

from auditsearch.capture.slices import sliced
from auditsearch.conf import settings
from auditsearch.event import new_id
from auditsearch.models import OutboxRow

if TYPE_CHECKING:
    from auditsearch.capture.record import Record

WRITTEN = "auditsearch_written"
"""Attribute of a connection: its hooks in this transaction, and {object: its last event there}."""

MOST = 10_000
"""Objects of one transaction that are remembered."""

NEWEST = (1_000, 50_000, None)
"""How many of the newest rows are looked through for one that is taken back; None is all of them."""


class Former(NamedTuple):
    """What is remembered of an event that later ones may be merged with; its snapshot would be most of it."""

    id: str
    event_code: str
    verbose: str | None
    context_data: dict[str, Any]
    heard: Sequence[str]


def merged(connection: Any, drafts: Sequence[Record]) -> Sequence[Record]:
    """Merge each draft with the event that its object already has in this transaction, and take that one back."""
    using = connection.alias
    if settings.DATABASE not in (None, using) or not connection.in_atomic_block or not connection.commit_on_exit:
        return drafts  # who commits by hand may have done so already, and what is committed is not taken back
    written: dict[Any, Former] = _written(connection)
    here: dict[str, Record] = {}
    taken_back = []
    for draft in drafts:
        if draft.dropped or draft.object_id is None:
            continue
        key = (draft.object_type, draft.object_id, draft.request_token, draft.suid, draft.log)
        former = written.pop(key, None)
        if former is not None and _alike(former, draft):
            taken_back.append(former.id)
            _merge(former, draft)
        if draft.event_code in ("insert", "update") and not draft.dropped:
            draft.id = event_id = draft.id or new_id(draft.ts)
            here[event_id] = draft
            written[key] = Former(event_id, draft.event_code, draft.verbose, draft.context_data, draft.heard)
    while len(written) > MOST:
        del written[next(iter(written))]
    stored = [event_id for event_id in taken_back if event_id not in here]
    for event_id in taken_back:
        if event_id in here:
            here[event_id].drop()
    for some in sliced(stored):
        _take_back(using, some)
    return drafts


def _take_back(using: str, event_ids: Sequence[str]) -> None:
    """Delete the rows of these events. Their ids have no index, so the newest rows are looked at first."""
    rows, left = OutboxRow.objects.using(using), len(event_ids)
    for among in NEWEST:
        found = rows.filter(event_id__in=event_ids)
        if among is not None:
            last = Subquery(rows.order_by("-pk").values("pk")[:1])
            found = found.filter(pk__gt=ExpressionWrapper(last - among, output_field=BigIntegerField()))
        left -= _delete(found, using)
        if left <= 0:
            return


def _delete(rows: QuerySet[OutboxRow], using: str) -> int:
    if connections[using].vendor != "mysql":
        return rows._raw_delete(using)
    keys = list(rows.values_list("pk", flat=True))  # MariaDB would lock all rows that it looks at, and wait for others
    return sum(OutboxRow.objects.using(using).filter(pk=key)._raw_delete(using) for key in keys)


def _written(connection: Any) -> dict[Any, Former]:
    hooks = connection.run_on_commit
    known: tuple[Any, dict[Any, Former]] | None = connection.__dict__.get(WRITTEN)
    if known is None or known[0] is not hooks:
        known = connection.__dict__[WRITTEN] = (hooks, {})
    return known[1]


def _alike(former: Former, draft: Record) -> bool:
    """Return whether two events can be told as one: an insert shows no many-to-many changes."""
    if draft.event_code != "update" or not isinstance(draft.context_data.get("diff"), dict):
        return False
    return former.event_code == "update" or all(isinstance(each, list) for each in draft.context_data["diff"].values())


def _merge(former: Former, draft: Record) -> None:
    context, before = draft.context_data, former.context_data
    draft.heard = [*draft.heard, *former.heard]
    context["saves"] = before.get("saves", 1) + context.get("saves", 1)
    if labels := before.get("labels", {}) | context.get("labels", {}):
        context["labels"] = labels
    if "former" in before.get("parent", {}):
        context["parent"] = context.get("parent", before["parent"]) | {"former": before["parent"]["former"]}
    if former.event_code == "insert":
        del context["diff"]
        draft.event_code, draft.verbose = former.event_code, former.verbose
        return
    names = ", ".join(context["diff"])
    context["diff"] = _net(before["diff"], context["diff"])
    if draft.verbose and draft.verbose.endswith(f": {names}"):
        draft.verbose = f"{draft.verbose.removesuffix(names)}{', '.join(context['diff'])}"
    if not context["diff"]:
        draft.drop()


def _net(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    net = dict(first)
    for name, change in then.items():
        earlier = first.get(name)
        if isinstance(change, list) and isinstance(earlier, list):
            net[name] = [earlier[0], change[1]]
        elif isinstance(change, dict) and isinstance(earlier, dict):
            net[name] = _sets(earlier, change)
        else:
            net[name] = change
    return {name: change for name, change in net.items() if not _nothing(change)}


def _sets(first: dict[str, list[Any]], then: dict[str, list[Any]]) -> dict[str, list[Any]]:
    added = [key for key in first["added"] if key not in then["removed"]]
    removed = [key for key in first["removed"] if key not in then["added"]]
    added += [key for key in then["added"] if key not in first["removed"]]
    removed += [key for key in then["removed"] if key not in first["added"]]
    return {"added": added, "removed": removed}


def _nothing(change: Any) -> bool:
    return change[0] == change[1] if isinstance(change, list) else not (change["added"] or change["removed"])
