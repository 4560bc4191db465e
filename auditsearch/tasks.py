"""Delivery by dramatiq: a message is a doorbell without event data, and the workers sweep beside it.

    dramatiq auditsearch.tasks:broker

runs workers for BROKER. Where BROKER is not set, the application's own broker and workers do the same. A message that
is lost, repeated or late does no harm: what waits is in the outbox, and each sweep looks there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import django
import dramatiq
from django.apps import apps
from django.db import close_old_connections

if not apps.apps_ready:  # the workers' command imports this module first
    django.setup()

from auditsearch import outbox, sweep, thread
from auditsearch.conf import settings
from auditsearch.exceptions import SettingError

QUEUE = "auditsearch"
"""Name of the queue."""

TURN_SECONDS = 30.0
"""A worker's longest turn; what is left then rings again, so that other work is not held up."""

logger = logging.getLogger("auditsearch")


class Sweeper(thread.Shipper):
    """A worker process's thread that looks for rows whose doorbell was lost."""

    def work(self, stop: Callable[[], bool]) -> None:
        """Sweep."""
        sweep.sweep("dramatiq", stop=stop)


class Sweeping(dramatiq.Middleware):
    """Starts a sweeper with each worker process, and ends it."""

    def __init__(self) -> None:
        self.sweeper: Sweeper | None = None

    def after_worker_boot(self, broker: Any, worker: Any) -> None:
        """The workers begin."""
        self.sweeper = Sweeper()
        self.sweeper.start()

    def before_worker_shutdown(self, broker: Any, worker: Any) -> None:
        """The workers end."""
        if self.sweeper:
            self.sweeper.finish()


class Ringer(thread.Shipper):
    """Sends the doorbells of a process, so that no commit waits for the broker."""

    def __init__(self) -> None:
        super().__init__()
        self.rung: set[str] = set()
        self.failing = False

    def work(self, stop: Callable[[], bool]) -> None:
        """Send one message for each database that was rung since the last time."""
        while self.rung:
            try:
                ship.send(self.rung.pop())
            except Exception as error:
                self._trouble(type(error).__name__)
            else:
                self.failing = False

    def _trouble(self, name: str) -> None:
        if not self.failing:
            logger.error(
                "Audit events wait in the outbox for a sweep: the broker can't be reached (%s).",
                name,
                extra={"action": "broker_unavailable"},
            )
        self.failing = True


RINGER = thread.Own(Ringer)


def ring(using: str) -> None:
    """Let a worker ship what waits in the database `using`; returns at once, whatever the broker does."""
    ringer = RINGER.current()
    ringer.rung.add(using)
    ringer.bell.set()


def make_broker() -> Any:
    """Return the broker that BROKER names, or the application's own. Raises SettingError."""
    url = settings.BROKER
    if url is None:
        return dramatiq.get_broker()
    if url.startswith(("redis://", "rediss://", "unix://")):
        from dramatiq.brokers.redis import RedisBroker

        untyped: Any = RedisBroker
        return untyped(url=url)
    if url.startswith(("amqp://", "amqps://")):
        from dramatiq.brokers.rabbitmq import RabbitmqBroker

        return RabbitmqBroker(url=url)
    raise SettingError("AUDITSEARCH['BROKER'] must begin with redis:// or amqp://, or be None for dramatiq's own.")


broker = make_broker()
broker.add_middleware(Sweeping())


@dramatiq.actor(actor_name="auditsearch.ship", queue_name=QUEUE, broker=broker, max_retries=0)
def ship(using: str) -> None:
    """Ship what waits in the database `using`, for TURN_SECONDS at most."""
    if using not in outbox.aliases():
        return
    end = time.monotonic() + TURN_SECONDS
    close_old_connections()
    try:
        sweep.deliver(using, stop=lambda: time.monotonic() > end)
    finally:
        close_old_connections()
    if time.monotonic() > end:
        ship.send(using)
