"""A site that delivers by dramatiq, for the tests of it: settings from the environment, and what its processes do.

python -m tests.broker_site capture N      the application: captures N events and goes on for a second
python -m tests.broker_site lose           the broker loses all its messages
python -m tests.broker_site ring N         N messages more
python -m dramatiq tests.broker_site:broker
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings

FOLDER = Path(os.environ["FOLDER"])

settings.configure(
    SECRET_KEY="broker",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "site", "OPTIONS": {"timeout": 20}}
    },
    AUDITSEARCH={
        "BACKEND": "sqlite",
        "PATH": FOLDER / "store",
        "DELIVERY": "dramatiq",
        "BROKER": os.environ["BROKER"],
    },
)
django.setup()

from auditsearch import tasks, thread  # noqa: E402 - Django is there now

thread.SWEEP_SECONDS = float(os.environ.get("SWEEP", "600"))
broker = tasks.broker


def capture(n: str) -> None:
    """Commit `n` events, and print how long the slowest commit took."""
    from django.core.management import call_command
    from django.db import transaction

    from auditsearch import outbox
    from auditsearch.event import new_id
    from tests.factories import NOON, PARTITION, canonical

    call_command("migrate", verbosity=0)
    slowest = 0.0
    for _ in range(int(n)):
        event = new_id(NOON)
        began = time.monotonic()
        with transaction.atomic():
            outbox.append("default", [(event, PARTITION, canonical(id=event), None)])
        slowest = max(slowest, time.monotonic() - began)
    print(slowest)
    time.sleep(float(os.environ.get("STAY", "0.5")))  # the ringing thread waits for company


def lose() -> None:
    """Forget every message."""
    broker.flush_all()


def ring(n: str) -> None:
    """Send `n` doorbells; prints what one holds."""
    messages = [tasks.ship.send("default") for _ in range(int(n))]
    print(messages[0].asdict())


if __name__ == "__main__":
    {"capture": capture, "lose": lose, "ring": ring}[sys.argv[1]](*sys.argv[2:])
