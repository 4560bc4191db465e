"""The search of one log by a regular expression, found anywhere in its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from auditsearch.event import Event
from auditsearch.exceptions import Misread, QueryError
from auditsearch.logs.catalog import label, logs, permitted
from auditsearch.paging import Sheet
from auditsearch.query.regex_fault import pattern as pattern_of
from auditsearch.search import NEWEST_FIRST
from auditsearch.web import links
from auditsearch.web.door import door
from auditsearch.web.loglines import LogLines, compared
from auditsearch.web.page import page
from auditsearch.web.scope import Scope
from auditsearch.web.seen import bound
from auditsearch.web.show import visible
from auditsearch.web.state import State

SIZE = 100
"""Lines of one page."""

SECONDS = 3.0
"""How long one request looks; then the page asks for the next part by itself."""

SINCE = "30 days"
"""How far back, where nothing is said."""

LONGEST = 4_000
"""Characters of a line that are shown."""

BEFORE = 200
"""Characters of a longer one before the place that was found."""


@dataclass(frozen=True)
class Line:
    """A line that fits: its text as HTML with marks, and its event's address."""

    text: SafeString
    url: str


@dataclass(frozen=True)
class Asked:
    """What the form says."""

    pattern: str
    any_case: bool
    state: State

    @classmethod
    def of(cls, query: QueryDict, log: str) -> Asked:
        """Read the form; `(?i)` in front of a pattern is the tick for any case."""
        text = query.get("pattern", "")
        plain = re.sub(r"\A\(\?i\)", "", text)
        state = State(log=log, since=query.get("since", SINCE).strip(), until=query.get("until", "").strip())
        return cls(plain, bool(query.get("any_case")) or plain != text, state.fixed(timezone.now()))

    def events(self, scope: Scope) -> LogLines:
        """Return the events in whose lines it is found. Raises QueryError, of a wrong pattern a Misread."""
        events = replace(self.state.events(scope), order=NEWEST_FIRST)
        return LogLines.of(events, pattern_of(self.pattern, self.any_case), timezone.get_current_timezone())

    def fields(self, **more: str) -> list[tuple[str, str]]:
        """Return what an address or a form says of it."""
        case = {"any_case": "1"} if self.any_case else {}
        times = {"since": self.state.since, "until": self.state.until}
        return list(({"pattern": self.pattern} | case | times | more).items())


@door("view", methods=("GET", "HEAD", "POST"))
def regex(request: HttpRequest, scope: Scope, log: str = "") -> HttpResponse:
    """Show the form, and what was found; a POST is the same page going on by itself. Raises Http404 on a closed log."""
    query = request.POST if request.method == "POST" else request.GET
    log = log or query.get("log", "")
    if log and not permitted(scope.user, log):
        raise Http404
    asked = {"pattern": query.get("pattern", ""), "since": query.get("since", SINCE), "until": query.get("until", "")}
    shown: dict[str, Any] = {"log": log, "any_case": bool(query.get("any_case")), **asked}
    if request.method != "POST":
        shown["logs"] = [(name, label(name)) for name in _names(scope)]
    if not log or not query.get("pattern"):
        return page(request, "auditsearch/regex.html", shown)
    try:
        found = _found(Asked.of(query, log), scope, query)
    except QueryError as error:
        return page(request, "auditsearch/regex.html", shown | _problem(error), 400)
    name = "auditsearch/_regex.html" if request.method == "POST" else "auditsearch/regex.html"
    return page(request, name, shown | found)


def _names(scope: Scope) -> list[str]:
    """The logs that this person may look into: those of the settings, and those that events are in."""
    found = [str(name) for name, _ in scope.events.facets("log", size=100).values]
    return sorted({name for name in (*logs(), *found) if permitted(scope.user, name)})


def _found(asked: Asked, scope: Scope, query: QueryDict) -> dict[str, Any]:
    events = asked.events(scope)
    before = min(SIZE - 1, int(given)) if (given := query.get("before", "")).isdecimal() and len(given) < 4 else 0
    of = bound(scope.key, asked.fields(), str(events.zone))
    sheet = events.page(SIZE - before, query.get("cursor") or None, user=scope.user, scope=of, seconds=SECONDS)
    number = before + len(sheet.events)
    return {
        "found": [_line(event, events) for event in sheet.events],
        "sheet": sheet,
        "number": number,
        "next": urlencode(asked.fields(cursor=sheet.cursor)) if sheet.cursor else "",
        "goes_on": bool(sheet.cursor) and number < SIZE,
        "again": asked.fields(cursor=sheet.cursor, before=str(number)) if sheet.cursor else [],
        "percent": int(sheet.progress * 100),
        "progress": _progress(sheet),
    }


def _progress(sheet: Sheet) -> dict[str, str]:
    return {"looked": f"{sheet.looked:,}", "candidates": f"{max(sheet.candidates, sheet.looked):,}"}


def _problem(error: QueryError) -> dict[str, Any]:
    if not isinstance(error, Misread):
        return {"problem": str(error)}
    text, start, end = error.text, error.start, max(error.end, error.start + 1)
    parts = [visible(part) for part in (text[:start], text[start:end] or " ", text[end:])]
    return {"problem": error.reason, "marked": parts}


def _line(event: Event, events: LogLines) -> Line:
    text = events.line(event)
    spans = events.pattern.spans(compared(text, events.pattern))
    return Line(_marked(text, spans), links.event_url(event))


def _marked(text: str, spans: list[tuple[int, int]]) -> SafeString:
    """The line, or of a long one what stands around the first place, with marks; all else escaped and visible."""
    start = max(0, spans[0][0] - BEFORE) if spans and len(text) > LONGEST else 0
    end, at, parts = start + LONGEST, start, []
    for first, last in spans:
        if at <= first < last <= end:
            parts += [_plain(text[at:first]), format_html("<mark>{}</mark>", _plain(text[first:last]))]
            at = last
    parts.append(_plain(text[at:end]))
    whole = format_html_join("", "{}", ((part,) for part in parts))
    return format_html("{}{}{}", "…" if start else "", whole, "…" if end < len(text) else "")


def _plain(text: str) -> str:
    return visible(text, keep="\n")
