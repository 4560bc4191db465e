"""What an application calls: ask for events, and write one of its own."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from auditsearch.capture.actions import record
from auditsearch.capture.hooks import win_open
from auditsearch.capture.recording import recording
from auditsearch.completion import Completions
from auditsearch.context import acting, get_request, get_request_token, get_user_ip
from auditsearch.history import changes, history, state_at, steps
from auditsearch.query.highlight import highlight
from auditsearch.query.text import parse
from auditsearch.ranking import busiest_actors, most_changed_objects
from auditsearch.search import Events
from auditsearch.timeline import timeline

__all__ = [
    "Completions",
    "Events",
    "acting",
    "busiest_actors",
    "changes",
    "filter_events",
    "get_events_by_token",
    "get_request",
    "get_request_token",
    "get_user_ip",
    "highlight",
    "history",
    "most_changed_objects",
    "record",
    "recording",
    "search_events",
    "state_at",
    "steps",
    "timeline",
    "win_open",
]


def filter_events(*questions: Q, **keywords: Any) -> Events:
    """Return the events that answer all `questions` and `keywords`, as Django's `filter` takes them; lazily.

    Keywords are envelope names (`user="Anna"`, `timestamp__gte=...`), `_context__key`, `_snapshot__key`,
    `_from__field`, `_to__field`, `_changed`, each with a lookup behind `__` or none, and `search` and `phrase`.
    Raises UnknownField, UnknownLookup or InvalidValue, whose messages list the choices.
    """
    return Events().filter(*questions, **keywords)


def search_events(text: str) -> Events:
    """Return the events that answer what was typed into the search box; lazily. Raises Misread."""
    return Events(parse(text))


def get_events_by_token(token: str) -> Events:
    """Return the events of one request or task, newest first."""
    return Events().filter(request_token=token)
