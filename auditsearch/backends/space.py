"""The room that a store has left."""

from __future__ import annotations

from typing import NamedTuple


class Space(NamedTuple):
    """Bytes that are free where events are stored, and of how many; of several disks the fullest one's."""

    free: int
    total: int
