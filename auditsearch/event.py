"""The event: what happened, as a frozen value; its id, its times and its stored names."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from auditsearch import canonical as canonical_json
from auditsearch import personal as personal_values

SCHEMA = 1
"""The version of the document that this release writes."""

ENVELOPE_STRINGS = (
    "verbose",
    "object_label",
    "user_name",
    "object_id",
    "event_code",
    "event_type",
    "system_type",
    "object_type",
    "request_token",
    "suid",
    "ip",
    "log_name",
    "level",
    "logger",
)
"""Stored names of the envelope's text, in the order in which caps cut."""

STORED = {name: name for name in ENVELOPE_STRINGS if name not in ("user_name", "log_name")} | {
    "id": "id",
    "schema": "schema",
    "timestamp": "ts",
    "user": "user_name",
    "log": "log_name",
    "context_data": "context",
    "object_snapshot": "snapshot",
}
"""Attribute of `Event` -> its name in the stored document."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_sequence = itertools.count()
_chance = random.Random()  # noqa: S311 - no secret; our own, so that no application seeds it
os.register_at_fork(after_in_child=_chance.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. Texts that have no value are None, `context_data` and `object_snapshot` are then {}.

    `canonical` is the exact JSON text that was captured; all else is read from it. `flags` holds what the store says
    beside it: `clipped` (not all of it can be asked for), `degraded` or `truncated` (the server took only a part).
    Values that PERSONAL names are `•••`, unless the event was asked for unmasked: `personal` is then their side object.
    """

    id: str
    timestamp: datetime
    event_code: str | None = None
    event_type: str | None = None
    system_type: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    object_label: str | None = None
    request_token: str | None = None
    suid: str | None = None
    user: str | None = None
    ip: str | None = None
    log: str | None = None
    level: str | None = None
    logger: str | None = None
    verbose: str | None = None
    context_data: dict[str, Any] = field(default_factory=dict, hash=False)
    object_snapshot: dict[str, Any] = field(default_factory=dict, hash=False)
    schema: int = SCHEMA
    canonical: str = field(repr=False)
    flags: frozenset[str] = frozenset()
    personal: str | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_canonical(cls, text: str, flags: frozenset[str] = frozenset(), personal: str | None = None) -> Event:
        """Read an event from its canonical JSON text, and its personal values from the side object where it is given.

        Raises ValueError where it is none.
        """
        tree = told(text, personal)
        values = {name: tree[stored] for name, stored in STORED.items() if stored in tree}
        values["timestamp"] = from_micros(values["timestamp"])
        return cls(canonical=text, flags=flags, personal=personal, **values)

    @property
    def leaf(self) -> str:
        """SHA-256 leaf of `canonical`, lower-case hex."""
        return canonical_json.leaf(self.canonical)

    @property
    def has_personal(self) -> bool:
        """Whether it has values that PERSONAL named, shown or not."""
        return personal_values.holds(self.canonical)

    @property
    def line(self) -> str:
        """Its JSON text as it may be shown: `canonical`, with personal values as this event has them."""
        return shown_line(self.canonical, self.personal)

    @property
    def diff(self) -> dict[str, Any]:
        """What an update changed: {field: [old, new]}; {} for every other event."""
        diff = self.context_data.get("diff")
        return diff if isinstance(diff, dict) else {}

    def __str__(self) -> str:
        return self.verbose or f"{self.event_code} {self.object_type or ''} {self.object_id or ''}".rstrip()


def shown_line(text: str, personal: str | None = None) -> str:
    """Return the canonical text of an event as it may be shown: with its personal values in their places, or a mark."""
    if not personal_values.holds(text):
        return text
    return canonical_json.dumps({name: canonical_json.normalise(it) for name, it in told(text, personal).items()})


def told(text: str, personal: str | None = None) -> dict[str, Any]:
    """Return the members of an event, with its personal values in their places, or a mark there."""
    tree: dict[str, Any] = canonical_json.loads(text)
    if personal_values.holds(text):
        tree = personal_values.filled(tree, personal_values.read(personal))
        del tree[personal_values.COUNT]
    return tree


def micros(moment: datetime) -> int:
    """Return microseconds since the epoch, exactly, of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(ts: int) -> datetime:
    """Return the UTC time of `ts` microseconds since the epoch. Raises OverflowError beyond the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=ts)


def new_id(ts: int) -> str:
    """Return a UUIDv7 (RFC 9562, method 3) for an event at `ts` microseconds since the epoch.

    48 bits of milliseconds, 12 of their fraction, a counter of 32 and 30 random ones: ids of one process with equal
    times sort in the order in which they were made.
    """
    milliseconds, rest = divmod(ts, 1000)
    counter = next(_sequence) & 0xFFFFFFFF
    number = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (rest * 4096 // 1000) << 64 | 0b10 << 62
    number |= counter << 30 | _chance.getrandbits(30)
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def imported_id(source: str, log: str, raw: bytes, n: int) -> str:
    """Return the UUIDv8 of the `n`-th equal line `raw` of `source`: the same for ever, so imports can be repeated.

    It is the head of SHA-256 over the four parts, each preceded by its length in 8 bytes, big-endian.
    """
    parts = (source.encode(), log.encode(), raw, str(n).encode())
    digits = hashlib.sha256(b"".join([len(part).to_bytes(8, "big") + part for part in parts])).hexdigest()
    variant = "89ab"[int(digits[16], 16) & 0b11]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"
