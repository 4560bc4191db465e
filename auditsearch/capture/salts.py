"""Salts for commitments: random bytes of the system, drawn many at once, as asking for few costs as much."""

from __future__ import annotations

import os

from auditsearch.personal import SALT

AT_ONCE = 64
"""Salts that are drawn at once."""

_pool: list[bytes] = []
os.register_at_fork(after_in_child=_pool.clear)


def salt() -> bytes:
    """Return 16 random bytes that were never given out before."""
    try:
        return _pool.pop()  # one step: no two threads get the same
    except IndexError:
        drawn = os.urandom(SALT * AT_ONCE)
        first, *rest = (drawn[start : start + SALT] for start in range(0, len(drawn), SALT))
        _pool.extend(rest)
        return first
