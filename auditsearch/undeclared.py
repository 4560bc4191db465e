"""Codes in the store that no enumeration declares: accepted, but nobody has said what they mean."""

from __future__ import annotations

from collections.abc import Iterator

from auditsearch.backends.base import Finding
from auditsearch.enums import EventCode, EventType, SystemEnum
from auditsearch.search import Events

ASKED = {
    "event_code": ("EVENT_CODES", EventCode),
    "event_type": ("EVENT_TYPES", EventType),
    "system_type": ("SYSTEMS", SystemEnum),
}
"""Field -> the setting that declares its codes, and their enumeration."""

MOST = 200
"""Codes of one field that are looked at, the most frequent ones."""


def findings() -> Iterator[Finding]:
    """Yield a note for each field that holds codes which are not declared. Raises AuditSearchError."""
    for name, (setting, enum) in ASKED.items():
        unknown = [f"{code} ({count:,})" for code, count in Events().facets(name, MOST).values if code not in enum]
        if unknown:
            hint = f'Declare what is meant, so that people read a label: AUDITSEARCH["{setting}"]'
            yield Finding("ok", f"{name}: {', '.join(unknown)} not declared.", hint)
