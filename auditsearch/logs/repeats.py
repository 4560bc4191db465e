"""Which entries of a file are equal, in flat memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_BITS = 1 << 27


class Repeats:
    """Counts equal entries exactly in flat memory: a map of bits finds those that may come twice, only they are kept.

    16 MB find all but one line in a hundred of a million that come once.
    """

    def __init__(self, raws: Iterable[bytes]) -> None:
        seen = bytearray(_BITS // 8)
        self.may: set[int] = set()
        for raw in raws:
            bit = hash(raw) % _BITS
            if seen[bit >> 3] >> (bit & 7) & 1:
                self.may.add(bit)
            else:
                seen[bit >> 3] |= 1 << (bit & 7)
        self.counts: Counter[bytes] = Counter()

    def count(self, raw: bytes) -> int:
        """Return how often `raw` came so far, this time included."""
        if hash(raw) % _BITS not in self.may:
            return 1
        self.counts[raw] += 1
        return self.counts[raw]
