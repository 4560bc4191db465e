"""The live tail: events that answer a question appear by themselves, late ones too, until somebody stops them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone

from auditsearch.backends.base import Hit
from auditsearch.event import from_micros
from auditsearch.query.text import parse
from auditsearch.search import NEWEST_FIRST, Events
from auditsearch.web.door import door
from auditsearch.web.line import Line, lines
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.seen import AHEAD, BACK, KNOWN, Seen, bound
from auditsearch.web.show import local, visible
from auditsearch.web.state import SIZE, State

SHOWN = 200
"""Events that appear at once, at most; of more, it is told how many."""

CURSOR = 100_000
"""Characters of a page's note, at most."""


@door("view", methods=("GET", "HEAD", "POST"))
def tail(request: HttpRequest, scope: Scope) -> HttpResponse:
    """Show the newest events; asked by POST, those that came since, or how many wait where the tail is `paused`."""
    now = time.time_ns() // 1000
    state = _state(request.POST if request.method == "POST" else request.GET)
    events = replace(state.events(scope), order=NEWEST_FIRST)
    of = bound(scope.user.pk, scope.key, scope.unmask, state.query())
    if request.method == "POST":
        return _came(request, state, events, Seen.opened(request.POST.get("cursor", "")[:CURSOR], of), of, now)
    newest, seen = _begin(events, now)
    context = {
        "state": state,
        "sentence": visible(Events(state.tree(timezone.localtime())).describe()),
        "lines": _lines(state, events, newest),
        "cursor": seen.signed(of),
        "back": state.url(),
    }
    return page(request, "auditsearch/tail.html", context)


def _state(query: QueryDict) -> State:
    """What is asked, with times instead of words: newest first and without an end."""
    return replace(State.from_query(query), sort=State.sort, until="", interval="", all="", cursor="").fixed(
        timezone.now()
    )


def _begin(events: Events, now: int) -> tuple[list[Hit], Seen]:
    """The newest events, and as known all that lie behind them; what came between the two looks is new."""
    newest = list(events.filter(timestamp__lt=from_micros(now + AHEAD))[:SIZE].hits())
    seen = Seen(0, {}).since(now - BACK)
    if len(newest) < SIZE:
        return newest, seen.with_hits(hit for hit in newest if int(hit.after[0] or 0) >= seen.floor)
    behind = (hit for hit in seen.news(events, now) if hit.after < newest[-1].after)
    recent = [hit for hit in newest if int(hit.after[0] or 0) >= seen.floor]
    return newest, seen.with_hits([*recent, *islice(behind, KNOWN)])


def _came(request: HttpRequest, state: State, events: Events, seen: Seen, of: str, now: int) -> HttpResponse:
    waiting = seen.waiting(events, now)
    paused = bool(request.POST.get("paused"))
    if not waiting and not paused:
        return HttpResponse(status=204)
    found: list[Hit] = []
    if not paused:
        found = list(islice(seen.news(events, now), min(waiting, KNOWN)))
        seen = _moved(seen, found, waiting, now)
    context: dict[str, Any] = {
        "state": state,
        "lines": _lines(state, events, found[:SHOWN]),
        "skipped": waiting - len(found[:SHOWN]) if not paused else 0,
        "waiting": waiting if paused else 0,
        "since": local(from_micros(seen.floor)) if seen.floor > now - BACK + 2_000_000 else "",
        "cursor": seen.signed(of),
    }
    return page(request, "auditsearch/_tail.html", context)


def _moved(seen: Seen, found: list[Hit], waiting: int, now: int) -> Seen:
    """What is known after these were found; of too many, the older ones are passed over for good."""
    if found and waiting > len(found) >= KNOWN:
        seen = seen.since(int(found[-1].after[0] or 0))
    return seen.with_hits(hit for hit in found if int(hit.after[0] or 0) >= seen.floor).since(now - BACK)


def _lines(state: State, events: Events, hits: Iterable[Hit]) -> list[Line]:
    return lines([events.event(hit) for hit in hits], parse(state.q))
