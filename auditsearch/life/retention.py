"""Retention: events whose time is over are removed, by rules of the settings, but for those under a legal hold.

A plan is made first and changes nothing. Carried out, a partition of which all is due is dropped whole, of others the
events that are due go one by one. Every run that removes is an audit event.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from auditsearch.backends.base import Backend
from auditsearch.capture.actions import record
from auditsearch.conf import settings
from auditsearch.event import from_micros, micros
from auditsearch.exceptions import AuditSearchError, SettingError
from auditsearch.life import holds, removal, times
from auditsearch.life.hidden import REMEDY, hidden
from auditsearch.life.lock import clock, database, locked
from auditsearch.life.progress import Progress, quiet
from auditsearch.life.reading import pages
from auditsearch.life.spans import span
from auditsearch.partition import LIVE
from auditsearch.query.algebra import all_of, any_of, negated
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.tree import ALL, NONE, Node

RUN = "retention"
"""Code of the audit event that tells of a run."""

KEYS = ("log", "event_code", "keep")
FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Due:
    """One partition: how many events it holds, how many of them are due, and why they can't go now, "" if they can."""

    partition: str
    events: int
    due: int
    refused: str = ""


@dataclass
class Done:
    """What a run removed, and what it could not."""

    removed: dict[str, int] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def rules() -> list[dict[str, str]]:
    """Return RETENTION. Raises SettingError where a rule can't be understood."""
    given = settings.RETENTION
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        raise SettingError("AUDITSEARCH['RETENTION'] must be a list of rules, such as [{'keep': '3 years'}].")
    for rule in given:
        for name in rule:
            if name not in KEYS:
                near = difflib.get_close_matches(str(name), KEYS, n=1)
                remedy = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(KEYS)}."
                raise SettingError(f"AUDITSEARCH['RETENTION'] has {name!r}; {remedy}")
        if not all(isinstance(value, str) for value in rule.values()) or "keep" not in rule:
            raise SettingError(f"The rule {rule!r} of AUDITSEARCH['RETENTION'] needs 'keep', such as '3 years'.")
        if rule["keep"] != FOREVER:
            try:
                times.back(rule["keep"], datetime.now().astimezone())
            except times.NoTime as error:
                raise SettingError(f"AUDITSEARCH['RETENTION']: {error}") from error
    return given


def unreached(given: list[dict[str, str]]) -> list[str]:
    """Return a sentence for each rule that decides nothing: an earlier one fits all events that it fits."""
    asked = [{name: value for name, value in rule.items() if name != "keep"} for rule in given]
    return [
        f"The rule {rule!r} of AUDITSEARCH['RETENTION'] fits nothing that an earlier one has left."
        for place, rule in enumerate(given)
        if any(earlier.items() <= asked[place].items() for earlier in asked[:place])
    ]


def due(now: datetime) -> Node:
    """Return the question for all events whose time is over and that are not held, as engines are asked."""
    parts: list[Node] = []
    before: list[Node] = []
    for rule in rules():
        chosen = tree_of(**{name: value for name, value in rule.items() if name != "keep"}) if len(rule) > 1 else ALL
        if rule["keep"] != FOREVER:
            old = tree_of(timestamp__lt=times.back(rule["keep"], now))
            parts.append(all_of([chosen, old, *map(negated, before)]))
        before.append(chosen)
    held = holds.node(holds.in_force())
    return plan(all_of([any_of(parts), negated(held)])).engine if parts else NONE


def planned(backend: Backend, now: datetime) -> list[Due]:
    """Return what a run would remove now, by partition; it changes nothing. Raises SettingError, Refused."""
    backend.refresh()
    asked, found = due(now), []
    if asked == NONE:
        return []
    check_clock(backend, now)
    for partition, events in backend.holdings().items():
        number = backend.number(partition, asked)
        if number:
            rows = removal.waiting(partition)
            why = f"{rows:,} events wait in the outbox for it: ship them first" if rows else ""
            found.append(Due(partition, events, number, why))
    newest = max(micros(times.back(rule["keep"], now)) for rule in rules() if rule["keep"] != FOREVER)
    return found + [Due(index, 0, 0, f"{why}; {REMEDY}") for index, why in hidden(backend, newest).items()]


def check_host(now: datetime) -> None:
    """Raise Refused where this host's clock and the database's are far apart: what is due can't be told then."""
    theirs = clock()
    if abs(theirs - now) > timedelta(microseconds=LIVE[1]):
        raise removal.Refused(
            f"It is {now:%Y-%m-%d %H:%M} by this host's clock and {theirs:%Y-%m-%d %H:%M} by that of the database: set "
            "them right first."
        )


def check_clock(backend: Backend, now: datetime) -> None:
    """Raise Refused where the store holds live events of the future: then this host's clock can't be trusted."""
    ahead = now + timedelta(microseconds=LIVE[1])
    for partition in backend.holdings():
        times_ = span(partition)
        if times_ is None or times_[1] <= micros(ahead):
            continue
        future = plan(tree_of(timestamp__gt=ahead, event_code=RUN)).engine
        if newest := backend.read(partition, future, limit=1):
            raise removal.Refused(
                f"The last retention ran at {from_micros(newest[0].ts):%Y-%m-%d %H:%M} UTC, and it is "
                f"{now:%Y-%m-%d %H:%M %Z} now: the clock was set back, or was wrong then. Set it right first."
            )


def apply(
    backend: Backend, plan_: list[Due], now: datetime, *, everything: bool = False, progress: Progress = quiet
) -> Done:
    """Remove what is due in these partitions. Raises Refused where it is all there is, unless `everything` is said.

    A partition for which events wait, that somebody else works on, or that its server refuses is left for the next
    run. However the run ends, what it removed is told. Raises what the store raises where it does not answer any more.
    """
    if not everything and sum(each.due for each in plan_) == sum(backend.holdings().values()) > 0:
        raise removal.Refused("These rules would remove every event there is: look at RETENTION, or say --everything.")
    done, total, asked = Done(), sum(each.due for each in plan_), due(now)
    removal.heal(backend, [each.partition for each in plan_ if each.due == each.events])
    try:
        for each in plan_:
            done.refused |= {each.partition: why} if (why := each.refused or _try(backend, each, asked, done)) else {}
            progress("removed", sum(done.removed.values()), total)
    finally:
        _tell(done, now)
    return done


def _try(backend: Backend, each: Due, asked: Node, done: Done) -> str:
    """Remove what is due of a partition; returns why not, "" if it is gone."""
    try:
        with locked(each.partition, "retention") as alive:
            _remove(backend, each, asked, done, alive)
    except AuditSearchError as error:
        backend.holdings()  # raises where it is the whole store that fails
        return str(error)
    return ""


def _remove(backend: Backend, each: Due, asked: Node, done: Done, alive: Callable[[], None]) -> None:
    if each.due == each.events and removal.drop(backend, each.partition, each.events):
        done.removed[each.partition] = each.events
        done.dropped.append(each.partition)
        return
    for page in pages(backend, each.partition, asked, alive=alive):
        gone = removal.delete(backend, each.partition, [stored.id for stored in page], alive)
        done.removed[each.partition] = done.removed.get(each.partition, 0) + gone


def _tell(done: Done, now: datetime) -> None:
    number = sum(done.removed.values())
    told: dict[str, Any] = {"rules": rules(), "removed": done.removed, "dropped": done.dropped, "refused": done.refused}
    verbose = f"Retention removed {number} events, {len(done.dropped)} partitions whole"
    record(RUN, verbose=verbose, level="WARNING", using=database(), **told)
