"""A scan: all events of a partition, batch by batch, in the order that is quickest for the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from auditsearch.backends.base import Stored

ENDED = ""
"""The place of a scan that has given all."""

Times = tuple[int, int] | None
"""Microseconds since the epoch between which all events of a partition lie, the second excluded; None: any."""


class Batch(Protocol):
    """Events that a scan gives at once.

    All raise ConfigurationError where the store holds what is no event.
    """

    def events(self) -> list[Stored]:
        """All of them, with `body`."""

    def brief(self) -> list[Stored]:
        """All of them without `body`, read fast. Where one's text is not what its `leaf` says, `events` decides."""

    def doubtful(self, partition: str, times: Times) -> tuple[int, list[Stored]]:
        """How many they are, and those not proven to be what their text says, in a partition of these times."""


class Scan(Iterator[Batch], Protocol):
    """Each event once. `next` raises PartialAnswer, and what the store raises.

    `place` says how far it is, None before the first batch; another process may go on from there, with its own backend.
    """

    place: Any

    def close(self) -> None:
        """End it, and let the store forget its place; a scan that has given all has done so."""
