"""`auditsearch_check --deploy` tells each thing that would break a promise, with its remedy."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from auditsearch.backends import get_backend
from auditsearch.backends.space import Space
from auditsearch.life import deploy
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.fixture
def told(settings):
    """What is told under changed settings, as lines."""

    def ask(**changes):
        settings.AUDITSEARCH = settings.AUDITSEARCH | changes
        return [f"{one.level} {one.message}" for one in deploy.findings()]

    return ask


def test_what_is_right_is_told_too(told):
    assert any(line.startswith("ok Models are tracked by") for line in told())


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ENABLED": False}, "error Nothing is captured"),
        ({"MODELS": []}, "warning No model is tracked"),
        ({"BACKEND": "memory"}, "error Events are kept in memory"),
        ({"RETENTION": []}, "warning All events are kept for ever"),
        ({"RETENTION": [{"keep": "ever"}]}, "error AUDITSEARCH['RETENTION']: 'ever' is no age"),
        ({"ARCHIVE_DESTINATION": "/nowhere"}, "error /nowhere (ARCHIVE_DESTINATION) is no folder"),
        ({"MODELS": "all"}, "error AUDITSEARCH['MODELS'] is"),
    ],
)
def test_each_setting_that_breaks_a_promise_is_told(told, changes, line):
    assert any(each.startswith(line) for each in told(**changes))


def test_a_server_is_asked_encrypted_and_with_credentials(told):
    lines = told(BACKEND="opensearch", HOSTS=["http://search.invalid:9200"], RETENTION=[])
    assert "error Events go to search.invalid unencrypted." in lines
    assert "warning The search server is asked without credentials." in lines


def test_events_that_are_due_are_told(told):
    told(RETENTION=[{"keep": "3 years"}])  # a change of settings makes a new store
    get_backend().index([event(partition="auditsearch-2020.11", ts=NOON - 6 * 365 * 86_400_000_000), event()])
    assert "warning 1 events are older than RETENTION allows." in [
        f"{one.level} {one.message}" for one in deploy.findings()
    ]


def test_files_that_others_may_read_are_told(told, tmp_path):
    tmp_path.chmod(0o755)
    assert any("Others may read" in line for line in told(ARCHIVE_DESTINATION=str(tmp_path)))
    tmp_path.chmod(0o700)
    assert not any("Others may read" in line for line in told())


def test_an_archive_that_was_left_is_told(told, tmp_path):
    (tmp_path / "dump.unfinished.json").touch()
    assert "warning dump.unfinished.json is left unfinished." in told(ARCHIVE_DESTINATION=str(tmp_path))


@pytest.mark.parametrize(("free", "level"), [(50, "ok"), (10, "warning"), (3, "error")])
def test_the_room_that_is_left_is_told(free, level):
    assert deploy._room("the store", Space(free, 100)).level == level


def test_the_command_shows_it(capsys):
    with pytest.raises(SystemExit):
        call_command("auditsearch_check", "--deploy", "--json")
    messages = [each["message"] for each in json.loads(capsys.readouterr().out)["findings"]]
    assert "Events are kept in memory and lost with the process." in messages


def test_the_page_tells_of_each_promise_and_fits_on_a_screen(tmp_path, settings, capsys):
    archives = tmp_path / "archives"
    archives.mkdir(mode=0o700)
    settings.AUDITSEARCH = settings.AUDITSEARCH | {
        "BACKEND": "opensearch", "HOSTS": ["https://127.0.0.1:9"], "RETENTION": [{"keep": "3 years"}],
        "ARCHIVE_DESTINATION": str(archives), "CLIENT": {"http_auth": ("a", "b"), "timeout": 1},
    }  # fmt: skip
    with pytest.raises(SystemExit):
        call_command("auditsearch_check", "--deploy")
    page = capsys.readouterr().out
    for topic in (
        "outbox",
        "delivery",
        "settings are right",
        "Models are tracked",
        "encrypted",
        "archives lie",
        "free for",
    ):
        assert topic in page
    assert len(page.splitlines()) < 40
    assert page.count("No answer from the search server") == 1
