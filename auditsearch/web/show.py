"""Values and events as people read them: nothing in a text can hide, or move what stands beside it."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_noop

from auditsearch.canonical import dumps, normalise
from auditsearch.enums import EventCode, SystemEnum
from auditsearch.event import Event
from auditsearch.forms import plain

ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
"""Signs that have a short name."""

NOTHING = "—"
"""What is shown of a value that is not there."""

_HIDDEN_KINDS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_INVISIBLE = (  # letters and marks of no width: Unicode's Default_Ignorable_Code_Point beyond category Cf
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_UNSEEN = re.compile(f"[{''.join(map(chr, sorted(_INVISIBLE)))}]")
_SENTENCES = {
    ("insert", True): gettext_noop("%(user)s created %(object)s"),
    ("update", True): gettext_noop("%(user)s changed %(object)s: %(fields)s"),
    ("delete", True): gettext_noop("%(user)s deleted %(object)s"),
    ("insert", False): gettext_noop("%(object)s created"),
    ("update", False): gettext_noop("%(object)s changed: %(fields)s"),
    ("delete", False): gettext_noop("%(object)s deleted"),
}


def visible(text: str, keep: str = "") -> str:
    """Return `text` with control, bidi and zero-width characters as escapes such as `\\u202e`; those in `keep` stay."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    table = {ord(sign): _escape(sign) for sign in set(text) if _hides(sign) and sign not in keep}
    return text.translate(table) if table else text


def shown(value: Any) -> str:
    """Return any value of an event as one line of visible text; containers as JSON."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Decimal):
        return format(value, "f")  # with its own digits: 1.50 was written so
    if isinstance(value, int):
        return plain(value)
    return visible(dumps(normalise(value)))


def block(value: Any) -> str:
    """Return a value as `shown` does, but texts with their line breaks, and an empty one as `""`."""
    return visible(value, "\n\t") or '""' if isinstance(value, str) else shown(value)


def cut(text: str, length: int) -> str:
    """Return `text`, or of a longer one the first `length` characters and `…`."""
    return text if len(text) <= length else f"{text[:length]}…"


def local(moment: datetime) -> str:
    """Return a time in the current time zone: `2026-11-22 13:00:00`."""
    return _local(moment).strftime("%Y-%m-%d %H:%M:%S").zfill(19)


def precise(moment: datetime) -> str:
    """Return a time in UTC with its microseconds: `2026-11-22 12:00:00.000000 UTC`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'microseconds')} UTC"


def span(duration: timedelta) -> str:
    """Return a duration as people say it: `0.25 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`."""
    seconds = duration.total_seconds()
    if seconds < 60:
        return gettext("%(s)s s") % {"s": f"{seconds:.3f}".rstrip("0").rstrip(".")}
    minutes, hours = int(seconds) // 60, int(seconds) // 3600
    if hours < 1:
        return gettext("%(min)s min %(s)s s") % {"min": minutes, "s": int(seconds) % 60}
    if hours < 24:
        return gettext("%(h)s h %(min)s min") % {"h": hours, "min": minutes % 60}
    return gettext("%(d)s d %(h)s h") % {"d": hours // 24, "h": hours % 24}


def who(event: Event) -> str:
    """Return the acting user's name, else the id; of nobody the kind of system."""
    system = event.system_type if event.system_type != SystemEnum.UNDEFINED else None
    return visible(event.user or event.suid or system or gettext("nobody"))


def what(code: str | None) -> str:
    """Return the label of an event's code, of an undeclared one the code itself."""
    return next((str(member.label) for member in EventCode if member == code), visible(code or NOTHING))


def thing(event: Event) -> str:
    """Return what the event is about: `Order 5`, with its name at that time; "" of an event about nothing."""
    if not event.object_type:
        return ""
    kind = " ".join(filter(None, (event.object_type.rpartition(".")[2], event.object_id)))
    label = event.object_label
    return visible(f"{kind} ({label})" if label and label != kind else kind)


def sentence(event: Event) -> str:
    """Return what happened as one sentence: its own, that of its model in the active language, or one made of parts."""
    template = _SENTENCES.get((event.event_code or "", bool(event.user)))
    if event.verbose and template and event.verbose == _told(event, template):
        return visible(_told(event, gettext(template)))
    if event.verbose:
        return visible(event.verbose)
    parts = [who(event), what(event.event_code), thing(event)]
    return " ".join(filter(None, parts))


def _told(event: Event, template: str) -> str:
    """The sentence that capture gives an event that has none of its own."""
    kind = (event.object_type or "").rpartition(".")[2]
    named = kind if event.object_id is None else f"{kind} {event.object_id}"
    return template % {"user": event.user, "object": named, "fields": _listed(event)}


def _listed(event: Event) -> str:
    """The changed fields as the sentence lists them: in the model's order, which the diff does not keep."""
    said = (event.verbose or "").rpartition(": ")[2]
    return said if sorted(said.split(", ")) == sorted(event.diff) else ", ".join(event.diff)


def _local(moment: datetime) -> datetime:
    try:
        return timezone.localtime(moment)
    except (OverflowError, ValueError):  # the years 1 and 9999 have no neighbours
        return moment


def _hides(sign: str) -> bool:
    return unicodedata.category(sign) in _HIDDEN_KINDS or ord(sign) in _INVISIBLE


def _escape(sign: str) -> str:
    code = ord(sign)
    return ESCAPES.get(sign) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
