"""What can be wrong with a store beyond the events that it gives back."""

from __future__ import annotations

from typing import NamedTuple


class Flaw(NamedTuple):
    """One thing: `lost`, an event that is not whole any more, otherwise what belongs to none or hides some.

    `event` is its id as far as it is known, or what stands in its place.
    """

    lost: bool
    event: str
    why: str
