"""Events as the lines of a log that a regular expression is looked for in: time, level, user and message.

The engine can't be asked for lines, as it keeps none. It narrows: what the expression requires literally must stand in
the message, the user or the level. Each event that is left is written as its line, and looked at.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property

from django.db.models import Q

from auditsearch.backends.base import Hit
from auditsearch.conf import settings
from auditsearch.event import Event
from auditsearch.forms import CLIPPED
from auditsearch.logs import kofa
from auditsearch.query.plan import Plan
from auditsearch.query.regex import Pattern
from auditsearch.query.tree import NONE
from auditsearch.search import Events
from auditsearch.words import fold

SEPARATOR = " - "
"""What stands between the parts of a line."""

_TIME = frozenset("0123456789-:, ")
_GIVEN = ("INFO", kofa.ANYBODY, kofa.SYSTEM)  # what stands in a line where the event says nothing
_ODD = ("\r", "\ufffd", "•")


@dataclass(frozen=True, eq=False)
class LogLines(Events):
    """Those of `within` in whose lines `pattern` is found; each candidate is looked at. Times are those of `zone`."""

    within: Events = field(default_factory=Events)
    pattern: Pattern = field(default_factory=lambda: Pattern(""))
    zone: tzinfo = UTC

    @classmethod
    def of(cls, events: Events, pattern: Pattern, zone: tzinfo) -> LogLines:
        """Return those of `events`, narrowed by what the pattern requires."""
        narrow = events
        for part in required(pattern) if not (events.unmask and settings.PERSONAL) else ():
            narrow = narrow.filter(_holding(part, pattern.folds))
        found = cls(narrow.tree, narrow.order, unmask=events.unmask, backend=events.backend)
        return replace(found, within=events, pattern=pattern, zone=zone)

    @cached_property
    def plan(self) -> Plan:
        """The question's own plan, of which nothing is sure."""
        asked = Events(self.tree, unmask=self.unmask).plan.engine
        return Plan(asked, True, NONE, asked, first=asked, alarm=asked)

    def fits(self, hit: Hit) -> bool:
        """Say whether a hit is one of `within`, and the pattern is found in its line."""
        found = self.pattern.search(compared(self.line(self.event(hit)), self.pattern))
        return found and (not self.within.plan.check or self.within.fits(hit))

    def line(self, event: Event) -> str:
        """Return the line of an event, composed (NFC) where the pattern is looked for in any case."""
        line = kofa.line(event, self.zone)
        return unicodedata.normalize("NFC", line) if self.pattern.folds else line


def required(pattern: Pattern) -> Iterator[str]:
    """Yield texts of which each must stand in the message, the user or the level of an event whose line fits."""
    for literal in pattern.literals:
        part = max((text.strip(" -") for text in literal.split(SEPARATOR)), key=len)
        odd = any(sign in part for sign in _ODD) or any("\ue000" <= sign <= "\ue1ff" for sign in part)
        if part and not odd and not _TIME.issuperset(part) and not any(part in _as(given, pattern) for given in _GIVEN):
            yield part


def compared(line: str, pattern: Pattern) -> str:
    """Return the text that the pattern is looked for in: of the line's length, so that places are the line's."""
    line = line.replace(CLIPPED, "\ufffd")
    return _as(line, pattern)


def _as(text: str, pattern: Pattern) -> str:
    if not pattern.folds:
        return text
    return "".join([form if len(form := fold(letter)) == 1 else letter for letter in text])


def _holding(part: str, folds: bool) -> Q:
    lookup = "icontains" if folds else "contains"
    named = [Q(**{f"{name}__{lookup}": part}) for name in ("verbose", "user", "suid", "level")]
    return named[0] | named[1] | named[2] | named[3] | Q(verbose__isnull=True)
