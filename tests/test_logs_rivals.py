"""Other audit libraries' tables: their real packages make a history, which becomes events with times and actors."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from auditsearch.exceptions import AuditSearchError
from auditsearch.logs.tables import dumped

ROOT = Path(__file__).parent.parent
FORMATS = ("auditlog", "simple_history", "easyaudit", "datalogging", "dump")

Events = list[dict[str, Any]]


@pytest.fixture(scope="session")
def imported() -> dict[str, tuple[Events, list[str]]]:
    """Format -> the events of an import, and the ids of the same import done again."""
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.rivals.settings", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.rivals.probe"], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def of(imported: Any, name: str, code: str) -> dict[str, Any]:
    """The first event of this code about the first student, or about none."""
    return next(event for event in imported[name][0] if event["event_code"] == code and event.get("object_id") != "2")


@pytest.mark.parametrize("name", FORMATS)
def test_an_import_can_be_repeated(imported: Any, name: str) -> None:
    events, again = imported[name]
    assert len(events) > 1
    assert [event["id"] for event in events] == again


@pytest.mark.parametrize("name", FORMATS[:3])
def test_who_did_what_to_which_object_is_kept(imported: Any, name: str) -> None:
    for code, verb in (("insert", "created"), ("update", "changed"), ("delete", "deleted")):
        event = of(imported, name, code)
        assert (event["object_type"], event["object_id"]) == ("rivals.Student", "1")
        assert (event["user_name"], event["suid"]) == ("anna", "1")
        assert event["verbose"].startswith(f"anna {verb} Student 1")


@pytest.mark.parametrize("name", FORMATS[:3])
def test_old_and_new_values_are_kept(imported: Any, name: str) -> None:
    assert of(imported, name, "update")["context"]["diff"]["name"] == ["Ben", "Benjamin"]
    assert of(imported, name, "insert")["snapshot"]["name"] == "Ben"


def test_what_each_library_alone_knows_is_kept(imported: Any) -> None:
    assert of(imported, "auditlog", "update")["ip"] == "10.0.0.1"
    assert of(imported, "simple_history", "update")["context"]["reason"] == "typing error"
    (added,) = (event for event in imported["auditlog"][0] if "friends" in event.get("context", {}).get("diff", {}))
    assert added["context"]["diff"]["friends"] == {"added": ["Eva"], "removed": []}
    assert of(imported, "easyaudit", "request")["context"] == {"method": "GET", "url": "/x"}
    assert of(imported, "easyaudit", "login")["user_name"] == "anna"
    assert of(imported, "easyaudit", "login_failed")["ip"] == "10.0.0.9"


def test_data_logging_is_kept_whole_but_for_secrets(imported: Any) -> None:
    event = of(imported, "datalogging", "update")
    assert event["ts"] == 1_418_289_681_930_000  # 10:21:21.93 in Lagos
    assert (event["event_type"], event["system_type"], event["suid"]) == ("se", "app", "7")
    assert event["snapshot"] == {"id": 5, "name": "Иван", "password": "***"}
    assert event["context"]["field_names"] == {"name": "Имя"}
    assert of(imported, "datalogging", "win_open")["context"] == {"title": "Окно"}


def test_table_and_dump_of_data_logging_give_the_same_events(imported: Any) -> None:
    assert imported["datalogging"] == imported["dump"]


def test_a_dump_is_read_in_portions(tmp_path: Path) -> None:
    rows = [
        {"model": "datalogging.DataLog", "pk": n, "fields": {"guid": f"{n}", "verbose": "x" * 900}} for n in range(3000)
    ]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps([*rows, {"model": "auth.user", "pk": 1, "fields": {}}], indent=1))
    assert [row["guid"] for row in dumped(path, "datalogging.datalog")] == [f"{n}" for n in range(3000)]


@pytest.mark.parametrize("text", ["[1, 2]", '[{"model": "datalogging.datalog", "fields"', "no JSON"])
def test_a_file_that_is_no_dump_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dump.json"
    path.write_text(text)
    with pytest.raises(AuditSearchError, match="dumpdata"):
        list(dumped(path, "datalogging.datalog"))


@pytest.mark.django_db
def test_a_row_without_a_column_that_is_needed_names_it(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text('[{"model": "datalogging.datalog", "pk": 1, "fields": {"timestamp": "2014-01-01T10:00:00"}}]')
    with pytest.raises(CommandError, match=r"dump\.json: a row has no column 'guid'; it has id, timestamp\."):
        call_command("auditsearch_import", str(path), format="datalogging", timezone="UTC")


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"format": "auditlog"}, "has no table auditlog_logentry: say --database"),
        ({"format": "auditlog", "database": "nowhere"}, "nowhere is not in DATABASES"),
        ({"format": "datalogging"}, "say --timezone"),
        ({"format": "easyaudit", "follow": True}, "--follow reads files"),
    ],
)
def test_a_wrong_option_is_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("auditsearch_import", stdout=StringIO(), **options)
