"""Tasks of Celery and dramatiq in real workers, on a real Redis: they tell who sent them, and from which request."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditsearch import carry, context
from auditsearch.event import Event
from tests.servers.daemon import running

pytestmark = pytest.mark.server

ROOT = Path(__file__).parent.parent.parent
WORKERS = {
    "celery": ["celery", "-A", "tests.background:app", "worker", "--loglevel=WARNING", "--without-mingle"],
    "dramatiq": ["dramatiq", "tests.background", "--processes=1", "--threads=1", f"--path={ROOT}"],
}
EVENTS = 8


def events_in(folder: Path) -> list[Event]:
    """The events in the site's outbox."""
    with closing(sqlite3.connect(folder / "site", timeout=20)) as file:
        rows = file.execute("SELECT canonical FROM auditsearch_outbox ORDER BY id").fetchall()
    return [Event.from_canonical(text) for (text,) in rows]


@pytest.fixture(scope="module")
def told(server_url: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Event]:
    """Label of each group that the workers have made, and the event that tells of it."""
    folder = tmp_path_factory.mktemp("background")
    env = {**os.environ, "FOLDER": str(folder), "BROKER_URL": server_url("redis")}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run([sys.executable, "-m", "tests.background"], cwd=ROOT, env=env, check=True, timeout=900)
    for number, (name, command) in enumerate(WORKERS.items(), 1):
        place = folder / name
        place.mkdir()
        environment = {**env, "PYTHONPATH": str(ROOT)}
        with running(
            [sys.executable, "-m", *command],
            place,
            lambda number=number: len(events_in(folder)) >= EVENTS // 2 * number,
            env=environment,
        ):
            pass
    return {str(event.object_label): event for event in events_in(folder)}


@pytest.mark.parametrize("label", ["again 0", "again 1", "again-d 0", "again-d 1"])
def test_a_task_carries_the_token_and_actor_of_the_request_also_when_it_is_tried_again(
    told: dict[str, Event], label: str
) -> None:
    event = told[label]
    assert (event.request_token, event.user, event.suid, event.ip) == ("token-of-the-request", "anna", "1", "10.0.0.9")
    assert (event.system_type, event.context_data["client_request_id"]) == ("task", "client-1")
    assert event.context_data["task"] == ("background.dramatiq" if "-d" in label else "background.celery")
    assert event.context_data["task_id"]


@pytest.mark.parametrize("label", ["reason 0", "reason-d 0"])
def test_a_task_carries_who_acted_and_why(told: dict[str, Event], label: str) -> None:
    assert (told[label].user, told[label].context_data["reason"]) == ("robot", "nightly")


@pytest.mark.parametrize("label", ["nobody 0", "nobody-d 0"])
def test_a_task_that_no_request_sent_has_a_token_of_its_own(told: dict[str, Event], label: str) -> None:
    assert told[label].user is None
    assert told[label].request_token not in (None, "token-of-the-request")


def test_a_task_can_be_excluded(told: dict[str, Event]) -> None:
    assert len(told) == EVENTS
    assert "hidden" not in told


def test_a_task_that_runs_at_once_is_its_requests() -> None:
    with context.token_scope("t"), context.acting("anna"):
        carry.begin(1, "shop.remind", "5", None)
        assert context.origin()[:4] == ("t", None, None, "anna")
        carry.end(1)
    assert context.origin() == context.Origin()


def test_an_unknown_message_is_nobodys() -> None:
    for message in ("x", [1], {"a": 1}):
        carry.begin(1, "shop.remind", "5", message)
        assert context.origin().user is None
        carry.end(1)
    carry.end(1)


def test_the_middleware_answers_to_every_hook_of_dramatiq() -> None:
    middleware: Any = carry.DramatiqMiddleware()
    middleware.after_worker_boot(None, None)
    message = SimpleNamespace(options={})
    middleware.before_enqueue(None, message, 0)
    assert message.options == {carry.HEADER: [None] * 6}
    with pytest.raises(AttributeError):
        middleware.unknown  # noqa: B018
