"""Partitions whose events a server has and does not give, as a closed index has: whoever speaks of all names them."""

from __future__ import annotations

import re

from auditsearch.backends.base import Backend
from auditsearch.life.spans import span

REMEDY = "open it, give it its aliases back, or delete it"


def hidden(backend: Backend, before: int | None = None) -> dict[str, str]:
    """Return index -> why its events are not given, of those that may hold events before a time (microseconds).

    Of an embedded store none: it is one file. Raises what the store raises.
    """
    flaws = () if backend.embedded else backend.flaws()
    return {flaw.event: flaw.why for flaw in flaws if flaw.lost and (before is None or _begins(flaw.event) < before)}


def _begins(index: str) -> int:
    times = span(re.sub(r"-v\d+$", "", index))
    return times[0] if times else -(2**63)
