"""Kofa's log lines, `datetime - LEVEL - user - page - object - action: details`: read, and written again."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Any

from auditsearch.event import Event
from auditsearch.logs.kofa_actions import told
from auditsearch.logs.records import CODE

HEAD = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - ")
EXAMPLE = "2015-04-29 08:12:26,091 - INFO - admin - "

ANYBODY = "zope.anybody"
"""Who acts where nobody is signed in."""

SYSTEM = "system"
"""Who acts where no person does."""

ACTORS = {ANYBODY: "anonymous", SYSTEM: "system"}

ON_OBJECTS = {"added", "removed", "deleted", "disabled", "(re-)enabled"}
"""Actions whose details are the object, where the line names no other one."""

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) - ([A-Z]+) - (.+?) - (.*)", re.DOTALL)
_PAGE = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Z]\w*", re.ASCII)
_PROCESSOR = re.compile(r"[\w ]*\bProcessor(?: \([^)]*\))?")
_NAME = re.compile(r"[^\s:]+")


def when(text: str) -> datetime | None:
    """Return the time of an entry, None where it has no head that can be read."""
    match = _LINE.fullmatch(text)
    try:
        return datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def parse(text: str) -> dict[str, Any] | None:
    """Return the fields of an entry, None where it has no head that can be read."""
    match = _LINE.fullmatch(text)
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match[1])
    except ValueError:
        return None
    fields: dict[str, Any] = {"timestamp": moment, "level": match[2], "user": match[3], "verbose": match[4]}
    fields |= _parts(match[4])
    if actor := ACTORS.get(match[3]):
        fields["context_data"]["actor"] = actor
    return fields


def line(event: Event, zone: tzinfo) -> str:
    """Return the entry as Kofa writes it, without the line's end; a broken one as it was found."""
    context = event.context_data
    if context.get("broken") is True:
        text = event.verbose or ""
    else:
        local = event.timestamp.astimezone(zone).replace(tzinfo=None)
        if "written" in context:
            local = datetime.fromisoformat(str(context["written"]))
        said = event.verbose or ("" if event.event_code == CODE else str(event))
        stamp = local.isoformat(" ", "milliseconds").replace(".", ",")
        text = f"{stamp} - {event.level or 'INFO'} - {user(event)} - {said}"
    return text + ("\r" if context.get("line_end") == "\r\n" else "")


def encoded(event: Event, zone: tzinfo) -> bytes:
    """Return the line's bytes, its end included: those that were imported, but for what MASK hides."""
    text = line(event, zone) + "\n"
    own = event.context_data.get("encoding")
    try:
        return text.encode(own if isinstance(own, str) else "utf-8", "backslashreplace")
    except LookupError:  # a context of somebody else's
        return text.encode()


def user(event: Event) -> str:
    """Return who acted, by Kofa's names: `zope.anybody` in a request, `system` outside of one."""
    return event.user or event.suid or (ANYBODY if event.request_token or event.ip else SYSTEM)


def _parts(message: str) -> dict[str, Any]:
    """Page or processor, object, action and its details; what no rule knows stands in `verbose` alone."""
    first, parted, rest = message.partition(" - ")
    if not parted:
        return _action(message, {})
    if _PAGE.fullmatch(first):
        return _on_page(first, rest)
    if _PROCESSOR.fullmatch(first):
        file, _, rest = rest.partition(" - ")
        name, _, rest = rest.partition(" - ")
        return _action(rest, {"processor": first, "file": file}, name)
    if _NAME.fullmatch(first):
        return _action(rest, {}, first)
    return {"context_data": {}}


def _on_page(page: str, rest: str) -> dict[str, Any]:
    name, parted, action = rest.partition(" - ")
    if parted and _NAME.fullmatch(name):
        return _action(action, {"page": page}, name)
    return _action(rest, {"page": page})


def _action(text: str, context: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    found = told(text)
    named = found.pop("object", None) or (found.get("details") if found.get("action") in ON_OBJECTS else None)
    fields: dict[str, Any] = {"context_data": context | found}
    if name or named:
        fields["object_id"] = name or named
    elif "report" in found:
        fields |= {"object_type": "report", "object_id": str(found["report"])}
    return fields
