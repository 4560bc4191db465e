"""What a tail has shown already: a signed note that its page hands back, so that the server keeps nothing.

Events come with the time at which they happened, not in that order: one that was shipped late belongs before others
that were shown. So each look goes back a while, and what is known by its id is left out. As long as the store counts as
many events in that stretch as are known, there is nothing to fetch.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core import signing

from auditsearch.backends.base import Hit
from auditsearch.exceptions import QueryError
from auditsearch.search import Events

BACK = 5 * 60 * 1_000_000
"""Microseconds that each look goes back."""

AHEAD = 60 * 1_000_000
"""How far beyond the clock: what is dated later is shown when its time has come."""

KNOWN = 2_000
"""Events that are known by their ids; where more come in that time, each look goes back less."""

STEP = 200
"""Events that are fetched at once."""

SALT = "auditsearch.tail"
_SECOND = 1_000_000
_HASH = 6


@dataclass(frozen=True)
class Seen:
    """Events from `floor` on, in microseconds, that are `known`: a digest of the id -> its time."""

    floor: int
    known: dict[int, int]

    def with_hits(self, hits: Iterable[Hit]) -> Seen:
        """Return the same with these hits as known ones; without the oldest ones, where there are too many."""
        known = self.known | {digest(hit): _time(hit) for hit in hits}
        whole = Seen(self.floor, known)
        return whole if len(known) <= KNOWN else whole.since(sorted(known.values())[-KNOWN] + 1)

    def since(self, floor: int) -> Seen:
        """Return the same with a floor that is not lower, at the beginning of a second."""
        floor = max(-(-floor // _SECOND) * _SECOND, self.floor)
        return Seen(floor, {key: ts for key, ts in self.known.items() if ts >= floor})

    def window(self, events: Events, now: int) -> Events:
        """Return the events of the stretch that is looked at."""
        return events.between(self.floor, now + AHEAD)

    def waiting(self, events: Events, now: int) -> int:
        """Return how many events came."""
        return max(0, self.window(events, now).count() - len(self.known))

    def news(self, events: Events, now: int) -> Iterator[Hit]:
        """Yield hits that are not known, newest first."""
        return (hit for hit in self.window(events, now).hits(STEP) if digest(hit) not in self.known)

    def signed(self, bound: str) -> str:
        """Return it as text that nobody can change, and that is good only where `bound` is the same."""
        base = self.floor // _SECOND
        items = array("Q", [key << 16 | min(0xFFFF, ts // _SECOND - base) for key, ts in self.known.items()])
        return signing.dumps([bound, self.floor, base64.b85encode(items.tobytes()).decode()], salt=SALT)

    @classmethod
    def opened(cls, text: str, bound: str) -> Seen:
        """Return what was signed, its times to the second. Raises QueryError where it is not ours, or another's."""
        try:
            of, floor, packed = signing.loads(text, salt=SALT)
            items = array("Q", base64.b85decode(packed))
        except (signing.BadSignature, ValueError, TypeError, UnicodeError, binascii.Error):
            raise QueryError("This tail is none of ours, or was changed: open it again.") from None
        if of != bound:
            raise QueryError("This tail belongs to another question, scope or user: open it again.")
        base = floor // _SECOND
        return cls(floor, {item >> 16: max(floor, (base + (item & 0xFFFF)) * _SECOND) for item in items})


def digest(hit: Hit) -> int:
    """Return 48 bits that tell a hit's event from others."""
    return int.from_bytes(hashlib.sha256(str(hit.after[1]).encode()).digest()[:_HASH], "big")


def bound(*parts: object) -> str:
    """Return what a tail is of: a digest of user, scope and question."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _time(hit: Hit) -> int:
    return int(hit.after[0] or 0)
