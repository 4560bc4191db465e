"""For tests of applications: what was captured, and shipping it at once.

    with captured_events() as events:
        order.pay()
    assert events[0].event_code == "update"

Works inside `TestCase` too, where nothing is ever committed: the events are read from the outbox. With pytest, the
fixture `auditsearch_events` is the same for a whole test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import overload

from django.db.models import QuerySet

from auditsearch import delivery
from auditsearch.backends import backend_kind, forget_backend, get_backend
from auditsearch.backends.base import Backend
from auditsearch.conf import settings
from auditsearch.event import Event
from auditsearch.models import OutboxRow
from auditsearch.ship import Shipped, drain


class Captured(Sequence[Event]):
    """The events that were captured since this was made and not rolled back, read anew at each use; oldest first."""

    def __init__(self, using: str) -> None:
        self.using = using
        self.former = set(self._rows().values_list("pk", flat=True))

    def __len__(self) -> int:
        return len(self._events())

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events()[index]

    def __repr__(self) -> str:
        return f"<{len(self)} captured: {', '.join(map(str, self))}>"

    def unmasked(self) -> list[Event]:
        """Return the same with the values that PERSONAL names."""
        rows = self._rows().order_by("pk").values_list("pk", "canonical", "personal")
        return [Event.from_canonical(text, personal=side) for pk, text, side in rows if pk not in self.former]

    def _rows(self) -> QuerySet[OutboxRow]:
        return OutboxRow.objects.using(self.using)

    def _events(self) -> list[Event]:
        rows = self._rows().order_by("pk").values_list("pk", "canonical")
        return [Event.from_canonical(canonical) for pk, canonical in rows if pk not in self.former]


@contextmanager
def captured_events(using: str = "default") -> Iterator[Captured]:
    """Give the events that are captured inside, on the database `using`. None of them is shipped meanwhile.

    A store in memory is empty at the start, so that `ship` fills it with these events alone.
    """
    if backend_kind() == "memory":
        forget_backend()
    with delivery.held():
        yield Captured(settings.DATABASE or using)


def ship(using: str = "default", backend: Backend | None = None) -> Shipped:
    """Ship what waits in the outbox, now and in this thread, and make it visible to questions.

    Goes to `backend`, by default to the one of the settings: under a test runner `auto` is the one in memory, unless
    HOSTS names a server.
    """
    store = backend or get_backend()
    shipped = drain(settings.DATABASE or using, store)
    store.refresh()
    return shipped
