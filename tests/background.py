"""A site whose tasks run in real workers of Celery and dramatiq; FOLDER and BROKER_URL stand in the environment.

`python -m tests.background` makes its tables and sends the tasks: as one request's of Anna's, and as nobody's.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import dramatiq
from celery import Celery
from django.conf import settings
from dramatiq.brokers.redis import RedisBroker

FOLDER, URL = Path(os.environ["FOLDER"]), os.environ["BROKER_URL"]
TOKEN = "token-of-the-request"

if not settings.configured:
    settings.configure(
        SECRET_KEY="background",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "auditsearch"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "site", "OPTIONS": {"timeout": 20}}
        },
        AUDITSEARCH={"MODELS": ["auth.Group"], "DELIVERY": "command", "EXCLUDE_ACTIONS": ["background.hidden"]},
    )
    django.setup()

from auditsearch.api import acting  # noqa: E402 - the site is set up first
from auditsearch.carry import DramatiqMiddleware  # noqa: E402
from auditsearch.context import request_scope, token_scope  # noqa: E402

app = Celery("background", broker=URL)
app.conf.update(task_default_queue="background", broker_connection_retry_on_startup=True, worker_concurrency=1)
broker: Any = RedisBroker(url=URL, namespace="background")
broker.add_middleware(DramatiqMiddleware())
dramatiq.set_broker(broker)


def make(name: str) -> None:
    """Change something that is tracked."""
    from django.contrib.auth.models import Group

    Group.objects.create(name=name)


@app.task(name="background.celery", bind=True)
def by_celery(self: Any, name: str) -> None:
    """Make a group, and where its name says so once more in a second try."""
    make(f"{name} {self.request.retries}")
    if name == "again" and not self.request.retries:
        raise self.retry(countdown=0)


@app.task(name="background.hidden")
def hidden() -> None:
    """Make a group of which nothing is told."""
    make("hidden")


@dramatiq.actor(actor_name="background.dramatiq", max_retries=1, min_backoff=1, max_backoff=1)
def by_dramatiq(name: str) -> None:
    """Likewise."""
    from django.contrib.auth.models import Group

    made = Group.objects.filter(name__startswith=name).count()
    make(f"{name} {made}")
    if name == "again-d" and not made:
        raise ValueError(name)


def send() -> None:
    """Send each task."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import RequestFactory

    call_command("migrate", verbosity=0)
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9")
    request.user = User.objects.create_user("anna")
    with ExitStack() as scopes:
        scopes.enter_context(token_scope(TOKEN, "client-1"))
        scopes.enter_context(request_scope(request))
        by_celery.delay("again")
        by_dramatiq.send("again-d")
        hidden.delay()
        scopes.enter_context(acting("robot", reason="nightly"))
        by_celery.delay("reason")
        by_dramatiq.send("reason-d")
    by_celery.delay("nobody")
    by_dramatiq.send("nobody-d")


if __name__ == "__main__":
    send()
