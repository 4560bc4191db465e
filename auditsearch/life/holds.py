"""Legal holds: events of an object, an actor or a log that nothing may remove until the hold is lifted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db.models.functions import Now

from auditsearch.backends.base import Backend
from auditsearch.capture.actions import record
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.lock import database
from auditsearch.models import LegalHold
from auditsearch.query.algebra import all_of, any_of
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.tree import Node

PLACED, LIFTED = "hold_placed", "hold_lifted"
"""Codes of the audit events that tell of it."""

MEMBERS = ("object_type", "object_id", "suid", "user_name", "log_name")
"""What a hold may name; of several, all must fit."""

_ASKED = {"user_name": "user", "log_name": "log"}


class WrongHold(AuditSearchError):
    """A hold must name an object, an actor or a log, and one that is lifted must be in force."""


def place(reason: str, **members: str) -> LegalHold:
    """Keep all events that fit `members`, of before and after, from being removed. Raises WrongHold."""
    if not reason.strip() or not any(members.values()) or set(members) - set(MEMBERS):
        raise WrongHold("Say why (--reason), and what is held: --object, --actor, --user or --log.")
    hold = LegalHold.objects.using(database()).create(reason=reason, placed_at=Now(), **members)
    told = f"Legal hold {hold.pk}: {said(hold)}"
    record(PLACED, verbose=told, using=database(), hold=hold.pk, reason=reason, held=members)
    return hold


def lift(number: int, reason: str) -> LegalHold:
    """End a hold. Raises WrongHold where none of this number is in force, or no reason is said."""
    if not reason.strip():
        raise WrongHold("Say why it is lifted: --reason.")
    hold = LegalHold.objects.using(database()).filter(pk=number, lifted_at=None).first()
    if hold is None:
        raise WrongHold(f"No hold {number} is in force. `auditsearch_hold list` shows those that are.")
    LegalHold.objects.using(database()).filter(pk=number).update(lifted_at=Now())
    told = f"Legal hold {number} lifted: {said(hold)}"
    record(LIFTED, verbose=told, level="WARNING", using=database(), hold=number, reason=reason)
    return hold


def binding(backend: Backend, hold: LegalHold) -> int:
    """Return how many stored events a hold keeps now. Raises what the store raises."""
    return backend.count(plan(node([hold])).engine)


def in_force() -> list[LegalHold]:
    """Return the holds that bind now."""
    return list(LegalHold.objects.using(database()).filter(lifted_at=None).order_by("pk"))


def members(hold: LegalHold) -> dict[str, str]:
    """Return what a hold names: stored name -> value."""
    return {name: value for name in MEMBERS if (value := getattr(hold, name))}


def node(holds: Sequence[LegalHold]) -> Node:
    """Return the question for all events that are held."""
    asked = ({_ASKED.get(name, name): value for name, value in members(hold).items()} for hold in holds)
    return any_of(all_of([tree_of(**keywords)]) for keywords in asked)


def holding(holds: Iterable[LegalHold], text: str) -> bool:
    """Whether an event, given as its canonical text, is held."""
    bound = [members(hold) for hold in holds]
    tree: dict[str, Any] = orjson.loads(text) if bound else {}
    return any(all(tree.get(name) == value for name, value in one.items()) for one in bound)


def said(hold: LegalHold) -> str:
    """Return a hold as a person reads it."""
    return f"{', '.join(f'{name} {value}' for name, value in members(hold).items())} ({hold.reason})"
