"""What a format is, what a file of it holds, and the error of one that can't be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditsearch.exceptions import AuditSearchError


class LogFileError(AuditSearchError):
    """The file or the option can't be imported as it is; the message says what to change. Nothing was recorded."""


@dataclass(frozen=True)
class Format:
    """How the lines of a kind of file are read.

    `parse` gets the text of an entry, and returns the event's fields by the names of `Event`'s attributes
    (`timestamp` naive in the file's own zone, or aware), or None where it can't be read. `head` is what an entry begins
    with: a line without it goes on with the entry before; without `head` each line is an entry. `mask` hides secrets
    in the text before it is parsed. With `ordered`, entries of equal time are told apart by microseconds. `ready` says
    that the fields of a masked text are plain values of JSON, `when` tells an entry's time alone, for a first survey.
    """

    parse: Callable[[str], Mapping[str, Any] | None]
    head: re.Pattern[bytes] | None = None
    mask: bool = True
    ordered: bool = True
    ready: bool = False
    when: Callable[[str], datetime | None] | None = None
    example: str = ""


@dataclass(slots=True)
class Survey:
    """What a file holds: counts, first and last time, and the partitions that its events belong to."""

    entries: int = 0
    broken: int = 0
    first: datetime | None = None
    last: datetime | None = None
    partitions: set[str] = field(default_factory=set)

    def add(self, moment: datetime, broken: bool, partition: str) -> None:
        """Count one entry."""
        self.entries += 1
        self.broken += broken
        self.first = min(self.first or moment, moment)
        self.last = max(self.last or moment, moment)
        self.partitions.add(partition)
