"""A command that is stopped says so in one line, with what to do, and holds nothing any more."""

from __future__ import annotations

import signal

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import get_backend
from auditsearch.life import archive as life
from auditsearch.models import PartitionLock
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.fixture(autouse=True)
def store_of_its_own(settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"BATCH_SIZE": 497}  # a change of settings makes a new store


@pytest.fixture(autouse=True)
def in_the_foreground():
    """What a shell starts in the background ignores Ctrl-C, and so does all that it starts."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_archive_that_is_stopped_says_what_to_do_and_is_finished_by_the_next_run(tmp_path, monkeypatch, number):
    get_backend().index([event(partition="auditsearch-2019.11", ts=NOON - 7 * 365 * 86_400_000_000)])
    said = {"destination": str(tmp_path), "before": "2020-01-01", "reset": True}
    monkeypatch.setattr(life, "_take_out", lambda *args: signal.raise_signal(number))
    with pytest.raises(CommandError, match=r"Stopped\. Run it again") as error:
        call_command("auditsearch_archive", **said)
    monkeypatch.undo()
    assert (error.value.returncode, PartitionLock.objects.count()) == (130, 0)
    call_command("auditsearch_archive", **said)
    assert "auditsearch-2019.11" not in get_backend().holdings()


def test_what_the_process_does_on_sigterm_is_as_it_was_afterwards(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    call_command("auditsearch_archive", destination=str(tmp_path), before="2019-01-01")
    assert signal.getsignal(signal.SIGTERM) == before
