"""Sweeping: ship what waits and tell of trouble. Nothing is raised here; trouble is logged when it begins and ends."""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from django.core.signals import setting_changed
from django.db import DatabaseError, connections

from auditsearch import delivery, fallback, outbox, ship
from auditsearch.backends import get_backend
from auditsearch.backends.base import Settled
from auditsearch.exceptions import BackendUnavailable, ConfigurationError
from auditsearch.hostlock import HostLock, lock_path
from auditsearch.queue import any_left
from auditsearch.ship import Shipped

ROUNDS = 2
"""How often one call takes the rows: a second time for those whose writers found it at work."""

LONGEST_PAUSE = 60
"""Seconds, at most, between two attempts while the store can't be reached."""

TELL = {
    Settled.UNPROVEN: (logging.ERROR, "unproven", "%d events were sent and not confirmed, and are sent again: %s"),
    Settled.QUARANTINE: (logging.ERROR, "quarantined", "%d events can't be stored and are kept in quarantine: %s"),
    Settled.RETRY: (logging.WARNING, "put_off", "%d events were put off by the store: %s"),
    Settled.DEGRADED: (logging.WARNING, "degraded", "%d events were stored without fields to search by: %s"),
    Settled.TRUNCATED: (logging.WARNING, "truncated", "%d events were stored in part, the outbox keeps the rest: %s"),
    Settled.EXPIRED_LATE: (logging.WARNING, "expired_late", "%d events came after their partition was dropped: %s"),
}
"""Fate of events -> how it is logged, with their number and the reason."""

logger = logging.getLogger("auditsearch")


@dataclass
class Pause:
    """What keeps one database's rows from being shipped, and until when (`time.monotonic`) it is left alone."""

    action: str = ""
    failures: int = 0
    until: float = 0

    def begin(self, action: str, message: str) -> None:
        """Wait, longer each time, and tell it once."""
        self.failures += 1
        longest = min(LONGEST_PAUSE, 2**self.failures)
        self.until = time.monotonic() + longest * random.uniform(0.5, 1)  # noqa: S311 - so that hosts spread
        if action != self.action:
            logger.error("Audit events wait in the outbox: %s", message, extra={"action": action})
        self.action = action

    def end(self) -> None:
        """Go on."""
        if self.action:
            logger.info("Audit events are shipped again.", extra={"action": "delivery_resumed"})
        self.action, self.failures, self.until = "", 0, 0


_pauses: dict[str, Pause] = {}


def deliver(
    using: str, limit: int | None = None, *, stop: Callable[[], bool] = lambda: False, optional: bool = False
) -> Shipped:
    """Ship what waits in the database `using`, at most `limit` rows; what went wrong is logged, not raised.

    With `optional`, a database without the outbox's table has nothing to ship.
    """
    pause = _pauses.setdefault(using, Pause())
    if time.monotonic() < pause.until:
        return Shipped()
    try:
        fallback.refill(outbox.insert)
        shipped = _ship(using, limit, stop)
    except ConfigurationError as error:
        pause.begin("delivery_misconfigured", str(error))
    except BackendUnavailable as error:
        pause.begin("store_unavailable", str(error))
    except DatabaseError as error:
        remedy = outbox.missing(error, using)
        if not (remedy and optional):
            pause.begin("outbox_unavailable", str(remedy or error).partition("\n")[0])
    except Exception as error:
        pause.begin("delivery_failed", f"{type(error).__name__} while shipping.")
        logger.debug("Shipping failed.", exc_info=True, extra={"action": "delivery_failed"})
    else:
        pause.end()
        tell(shipped)
        return shipped
    return Shipped()


def sweep(mode: delivery.Mode = "thread", *, stop: Callable[[], bool] = lambda: False) -> None:
    """Deliver from each database whose rows are shipped in this way; one that has no outbox holds no events."""
    for alias in outbox.aliases():
        if not stop() and delivery.mode(alias) == mode:
            deliver(alias, stop=stop, optional=True)


def tell(shipped: Shipped) -> None:
    """Log what became of events that were not simply shipped."""
    for (settled, reason), n in shipped.reasons.items():
        if settled in TELL:
            level, action, message = TELL[settled]
            logger.log(level, message, n, reason, extra={"action": action})
    if n := shipped.under_replicated:
        logger.warning("%d events were stored with fewer copies.", n, extra={"action": "under_replicated"})


def _ship(using: str, limit: int | None, stop: Callable[[], bool]) -> Shipped:
    shipped = Shipped()
    for _ in range(ROUNDS):
        with _lock(using) as free:
            if not free:
                break
            shipped += ship.drain(using, get_backend(), limit, stop=stop, tidy=connections[using].vendor != "sqlite")
        # Who commits while the lock is held goes away, trusting that its rows are looked for once it is free.
        if shipped.busy or shipped.put_off or stop() or not any_left(using):
            break
    return shipped


def _lock(using: str) -> AbstractContextManager[bool]:
    """One shipper a host; an SQLite database's queue locks itself."""
    return contextlib.nullcontext(True) if connections[using].vendor == "sqlite" else HostLock(lock_path(using))


def forget(*, setting: str, **_: Any) -> None:
    """Try again at once: the settings have changed."""
    if setting == "AUDITSEARCH":
        _pauses.clear()


setting_changed.connect(forget, dispatch_uid="auditsearch.sweep")
