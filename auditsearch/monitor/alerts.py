"""Alerts: a state of auditing, or a question that too many events answer, told once when it begins and when it ends."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils import timezone

from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError, QueryError, SettingError
from auditsearch.models import Alert, SavedSearch
from auditsearch.monitor.health import Health
from auditsearch.search import Events
from auditsearch.web.state import State

KEYS = ("state", "question", "saved", "minutes", "above", "mail", "webhook")
"""What an entry of ALERTS may hold."""

STATES = ("oldest_seconds", "errors", "fallback", "waiting", "quarantined", "truncated", "expired_late")
"""What `state` may name."""


@dataclass(frozen=True)
class News:
    """An alert that begins or ends: its name, its value now, and the bound."""

    name: str
    begins: bool
    value: float
    above: float

    def __str__(self) -> str:
        done = "is above" if self.begins else "is no longer above"
        return f"auditsearch: {self.name} {done} {self.above:g} (now {self.value:g})"


def problems() -> Iterator[tuple[str, str]]:
    """Entries of ALERTS that can't be right: their name, and what is wrong."""
    for name, entry in settings.ALERTS.items():
        if unknown := sorted(set(entry) - set(KEYS)):
            yield name, f"{unknown[0]!r} is no key of an alert; known are {', '.join(KEYS)}."
        elif sum(kind in entry for kind in ("state", "question", "saved")) != 1:
            yield name, "an alert has a state, a question or a saved one: one of them."
        elif "state" in entry and entry["state"] not in STATES:
            yield name, f"{entry['state']!r} is no state; known are {', '.join(STATES)}."
        elif not entry.get("mail") and not entry.get("webhook"):
            yield name, "nobody would be told: give it mail or webhook."
        elif not str(entry.get("webhook", "https://")).startswith(("https://", "http://")):
            yield name, "webhook must be an http or https URL."
        elif wrong := [key for key in ("minutes", "above") if not isinstance(entry.get(key, 0), int | float)]:
            yield name, f"{wrong[0]} must be a number."
        elif reason := _unasked(entry.get("question", {})):
            yield name, f"the question can't be asked: {reason}"


def look(health: Health, failed: dict[str, Exception]) -> list[News]:
    """Evaluate each alert, tell of those that begin or end, and return them. Raises SettingError.

    One that could not be asked or told stands in `failed` by its name, keeps none of the others back, and is tried
    again at the next look.
    """
    for name, problem in problems():
        raise SettingError(f"AUDITSEARCH['ALERTS'][{name!r}]: {problem}")
    told = []
    for name, entry in settings.ALERTS.items():
        try:
            told.append(_look(name, entry, health))
        except (AuditSearchError, OSError) as error:
            failed[name] = error
    return [news for news in told if news]


def value(entry: dict[str, Any], health: Health) -> float:
    """The number that an alert compares with its bound: a state, or how many events of late answer a question."""
    if "state" not in entry:
        since = timezone.now() - timedelta(minutes=entry.get("minutes", 10))
        asked = saved(entry["saved"]) if "saved" in entry else Events().filter(**entry["question"])
        return asked.filter(timestamp__gte=since).count()
    state = entry["state"]
    numbers = {"oldest_seconds": health.oldest_seconds, "errors": len(health.errors), "fallback": health.fallback}
    return float(numbers.get(state, health.total(state)))


def saved(name: str) -> Events:
    """Return the events of a shared saved search, at any time. Raises SettingError unless one bears that name."""
    rows = SavedSearch.objects.filter(name=name, shared=True)
    if len(rows) != 1:
        raise SettingError(f"An alert asks {name!r}, and {len(rows)} shared saved searches bear that name: one must.")
    state = replace(State.from_query(QueryDict(rows[0].query)), since="", until="", cursor="")
    return Events(state.tree(timezone.localtime()))


def _unasked(question: Any) -> str:
    """Return why no store could be asked a question, "" where it can be."""
    if not isinstance(question, dict):
        return "it must be a dictionary, such as {'event_code': 'login_failed'}."
    try:
        Events().filter(**question)
    except QueryError as error:
        return str(error)
    return ""


def _look(name: str, entry: dict[str, Any], health: Health) -> News | None:
    found, bound = value(entry, health), float(entry.get("above", 0))
    news = News(name, found > bound, found, bound)
    try:
        with transaction.atomic():  # what can't be told is not written down
            if not _new(name, news.begins):
                return None
            _tell(news, entry)
    except IntegrityError:  # another process was quicker
        return None
    return news


def _new(name: str, begins: bool) -> bool:
    """Write down that it is on or off; return whether it was not so before."""
    if begins:
        return bool(Alert.objects.get_or_create(name=name)[1])
    return bool(Alert.objects.filter(name=name).delete()[0])


def _tell(news: News, entry: dict[str, Any]) -> None:
    if people := entry.get("mail"):
        send_mail(str(news), f"{news}\n", None, [people] if isinstance(people, str) else list(people))
    if url := entry.get("webhook"):
        body = {"alert": news.name, "begins": news.begins, "value": news.value, "above": news.above, "text": str(news)}
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310 - checked
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - an http URL of the settings
