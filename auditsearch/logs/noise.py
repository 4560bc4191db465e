"""What is not worth an event: suppressed by LOGS' rules, and counted."""

from __future__ import annotations

import atexit
import hashlib
import logging
import time
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, transaction

from auditsearch import canonical, outbox
from auditsearch.event import SCHEMA, new_id
from auditsearch.logs import transitions
from auditsearch.logs.catalog import Noise, logs
from auditsearch.partition import partition_of

if TYPE_CHECKING:
    from auditsearch.capture.record import Record

CODE = "suppressed"
"""Code of the event that tells how many others were suppressed, and by which rules."""

TELL_SECONDS = 60.0
"""How long a process counts before it tells."""

GROUPS_SECONDS = 60.0
"""How long the groups of a user are remembered."""

_MEMBERS = ("event_code", "object_type", "object_id", "suid", "request_token")

logger = logging.getLogger("auditsearch")
_counts: Counter[tuple[str, str]] = Counter()
_since: list[float] = []
_groups: dict[str, tuple[float, frozenset[str]]] = {}


def kept(using: str, drafts: list[Record]) -> list[Record]:
    """Return the drafts that are worth an event; what is left out is counted once its transaction is committed."""
    return [draft for draft in drafts if draft.dropped or not _left_out(using, draft)]


def suppressed(using: str, draft: Any) -> Noise | None:
    """Return the rule that suppresses a draft (anything with a Record's attributes), None if it is worth an event."""
    log = logs().get(draft.log)
    for rule in log.noise if log else ():
        if _fits(using, rule, draft) and (not rule.window or _repeated(using, rule, draft)):
            return rule
    return None


def leaves_out(using: str, tree: dict[str, Any]) -> bool:
    """Return whether a rule suppresses the event of a log record, whose members these are; it is then counted."""
    attributes = {"log": "log_name", "user": "user_name"} | {name: name for name in _MEMBERS}
    draft = SimpleNamespace(**{name: tree.get(stored) for name, stored in attributes.items()}, context_data={})
    rule = suppressed(using, draft)
    if rule is not None:
        connections[using].on_commit(lambda: _count(using, draft.log, str(rule)), robust=True)
    elif draft.context_data:
        tree["context"] = draft.context_data | tree.get("context", {})
    return rule is not None


def flush(using: str) -> None:
    """Write an event for each log that tells what was suppressed in it. Not inside of a transaction."""
    counts = Counter(_counts)
    _counts.subtract(counts)
    for key in [key for key, number in _counts.items() if not number]:
        del _counts[key]
    _since.clear()
    try:
        _tell(using, counts)
    except Exception:
        _counts.update(counts)  # they are told the next time
        raise


def _tell(using: str, counts: Counter[tuple[str, str]]) -> None:
    with transaction.atomic(using):
        outbox.append(using, [_row(log, _of(counts, log)) for log in sorted({log for log, _ in counts})])


def _left_out(using: str, draft: Record) -> bool:
    rule = suppressed(using, draft)
    said = str(rule) if rule else transitions.told_already(using, draft)
    if said:
        log = draft.log
        connections[using].on_commit(lambda: _count(using, log, said), robust=True)
    return bool(said)


def _count(using: str, log: str, rule: str) -> None:
    _counts[log, rule] += 1
    if not _since:
        _since.append(time.monotonic())
    if time.monotonic() - _since[0] >= TELL_SECONDS:
        flush(using)


def _fits(using: str, rule: Noise, draft: Any) -> bool:
    if rule.code and draft.event_code not in rule.code:
        return False
    if rule.object and draft.object_type not in rule.object:
        return False
    if rule.actor and (draft.user or ("anonymous" if draft.request_token else "system")) not in rule.actor:
        return False
    return not rule.group or not _groups_of(draft.suid).isdisjoint(rule.group)


def _repeated(using: str, rule: Noise, draft: Any) -> bool:
    """Whether the same was told inside the window. The first is told, and the next after it says how many were not.

    Remembered by Django's cache once the transaction is through: shared by processes as far as that is.
    """
    parts = (draft.log, draft.event_code, draft.object_type, draft.object_id, draft.suid or draft.user)
    key = f"auditsearch:{hashlib.sha256(repr(parts).encode()).hexdigest()}"
    try:
        if cache.get(key) is not None:
            connections[using].on_commit(lambda: _again(key), robust=True)
            return True
        if number := cache.get(f"{key}:n"):
            draft.context_data["suppressed"] = number
    except Exception:  # a cache that is down: better a repetition than a gap
        logger.warning("Repeated saves are not recognised: the cache failed.", extra={"action": "noise"})
        return False
    connections[using].on_commit(lambda: _first(key, rule.window), robust=True)
    return False


def _first(key: str, window: float) -> None:
    cache.set(key, 1, window)
    cache.delete(f"{key}:n")


def _again(key: str) -> None:
    if not cache.add(f"{key}:n", 1, 7 * 86_400):
        cache.incr(f"{key}:n")


def _groups_of(suid: str | None) -> frozenset[str]:
    if suid is None or not apps.is_installed("django.contrib.auth"):
        return frozenset()
    until, names = _groups.get(suid, (0.0, frozenset()))
    if time.monotonic() >= until:
        try:
            names = _asked_groups_of(suid)
        except DatabaseError:  # a log record inside a transaction that is broken, where nothing can be asked
            return frozenset()
        if len(_groups) > 10_000:
            _groups.clear()
        _groups[suid] = (time.monotonic() + GROUPS_SECONDS, names)
    return names


def _asked_groups_of(suid: str) -> frozenset[str]:
    """Ask the database; who is no user of this site, or is one without groups, has none."""
    user = get_user_model()
    if not hasattr(user, "groups"):
        return frozenset()
    try:
        key = user._meta.pk.to_python(suid)
    except ValidationError:  # the id of somebody who signs in elsewhere
        return frozenset()
    return frozenset(user._base_manager.filter(pk=key, groups__isnull=False).values_list("groups__name", flat=True))


def _of(counts: Counter[tuple[str, str]], log: str) -> dict[str, int]:
    return {rule: number for (name, rule), number in counts.items() if name == log}


def _row(log: str, rules: dict[str, int]) -> tuple[str, str, str, None]:
    ts, number = time.time_ns() // 1000, sum(rules.values())
    tree = {
        "id": new_id(ts),
        "ts": ts,
        "schema": SCHEMA,
        "event_code": CODE,
        "event_type": "undefined",
        "system_type": "undefined",
        "log_name": log,
        "level": "INFO",
        "verbose": f"{number} events of the log {log} were suppressed",
        "context": {"count": number, "rules": rules},
    }
    return tree["id"], partition_of(ts, log=log), canonical.dumps(tree), None  # type: ignore[return-value]


def _at_exit() -> None:
    if _counts and apps.ready:
        from auditsearch.conf import settings

        try:
            flush(settings.DATABASE or "default")
        except Exception:
            logger.warning("%d suppressed events were not counted.", _counts.total(), extra={"action": "noise"})


atexit.register(_at_exit)
