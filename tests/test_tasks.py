"""Delivery by dramatiq, on a real Redis and a real RabbitMQ: whatever becomes of a message, each event arrives once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auditsearch import delivery, ship
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.models import OutboxRow, State
from auditsearch.query.tree import And
from tests.servers.daemon import free_port
from tests.stores import Server
from tests.test_ship import append

ROOT = Path(__file__).parent.parent


class Site:
    """An application, its workers and its broker."""

    def __init__(self, folder: Path, broker: str) -> None:
        self.folder, self.env = folder, {**os.environ, "FOLDER": str(folder), "BROKER": broker}

    def run(self, *arguments: str) -> str:
        """Run a process of the site to its end; returns what it printed."""
        command = [sys.executable, "-m", "tests.broker_site", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout

    @contextmanager
    def workers(self, sweep: str = "600") -> Iterator[None]:
        """Two worker processes of two threads."""
        command = [sys.executable, "-m", "dramatiq", "tests.broker_site:broker", "-p", "2", "-t", "2"]
        command += ["--worker-shutdown-timeout", "5000"]
        process = subprocess.Popen(command, cwd=ROOT, env={**self.env, "SWEEP": sweep}, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait(300)

    def wait_for(self, n: int) -> int:
        """How many events are stored, once they are `n`, or after five minutes."""
        end = time.monotonic() + 300
        while (found := self.stored()) != n and time.monotonic() < end:
            time.sleep(0.1)
        return found

    def stored(self) -> int:
        """How many events are stored now."""
        store = SQLiteBackend(self.folder / "store")
        try:
            return store.count(And(()))
        finally:
            store.close()


@pytest.fixture(params=["redis", "rabbitmq"])
def site(request: pytest.FixtureRequest, server_url: Callable[[str], str], tmp_path: Path) -> Site:
    """A site with a real broker, which has no messages left from another test."""
    found = Site(tmp_path, server_url(request.param))
    found.run("lose")
    return found


@pytest.mark.server
@pytest.mark.sqlite
class TestBrokers:
    def test_a_commit_rings_and_a_worker_ships(self, site: Site) -> None:
        site.run("capture", "0")
        with site.workers():
            site.run("capture", "5")
            assert site.wait_for(5) == 5

    def test_what_the_broker_lost_is_found_by_the_sweep(self, site: Site) -> None:
        site.run("capture", "3")
        site.run("lose")
        with site.workers(sweep="0.5"):
            assert site.wait_for(3) == 3

    def test_a_message_that_comes_late_and_ten_times_does_no_harm(self, site: Site) -> None:
        site.run("capture", "3")
        told = site.run("ring", "10")
        with site.workers():
            assert site.wait_for(3) == 3
            site.run("ring", "10")
        assert site.stored() == 3
        assert "'args': ('default',)" in told
        assert "'kwargs': {}" in told


def test_a_broker_that_is_away_holds_up_no_commit(tmp_path) -> None:
    site = Site(tmp_path, f"redis://127.0.0.1:{free_port()}/0")
    assert float(site.run("capture", "3")) < 60


def test_a_broker_that_never_answers_holds_up_no_commit(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = Site(tmp_path, f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert float(site.run("capture", "3")) < 60


def test_under_a_test_runner_no_message_is_sent(settings) -> None:
    settings.AUDITSEARCH = {"DELIVERY": "dramatiq"}
    assert delivery.mode("default") == "command"


@pytest.mark.django_db
@pytest.mark.parametrize("interrupt", ["TimeLimitExceeded", "Shutdown"])
def test_an_interrupt_in_the_middle_of_a_batch_leaves_each_event_to_be_stored_once(interrupt: str) -> None:
    from dramatiq.middleware import shutdown, time_limit

    error = getattr(time_limit, interrupt, None) or getattr(shutdown, interrupt)
    store = Server(error())
    append(3)
    with pytest.raises(error):
        ship.drain("default", store)
    store.fails = None
    assert (ship.drain("default", store).done, store.count(And(()))) == (3, 3)
    assert set(OutboxRow.objects.values_list("state", flat=True)) == {State.SHIPPED}
