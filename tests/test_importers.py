"""Log files of Kofa: each entry one event, once, with its own time, and no password."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from auditsearch.api import filter_events
from auditsearch.backends import get_backend
from auditsearch.event import micros
from auditsearch.logs.files import LogFile
from auditsearch.logs.format import LogFileError
from auditsearch.logs.importers import check_partitions, row_of
from auditsearch.models import OutboxRow

KOFA = sorted((Path(__file__).parent.parent / "example" / "kofa").glob("*.log"))
LAGOS = ZoneInfo("Africa/Lagos")
LINE = "2015-04-29 08:12:26,091 - INFO - admin - saved: title"
DAY = "2015-04-30 08:00:00,000 - WARNING - zope.anybody - PasswordMandate used: B1234567"


def log_file(path: Path, *lines: str | bytes, **changes: Any) -> LogFile:
    """A file of `lines`, or the one that is there."""
    if lines:
        path.write_bytes(b"".join(line.encode() if isinstance(line, str) else line for line in lines))
    return LogFile(path, **{"log": path.stem, "zone": LAGOS, "source": path.name, **changes})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's file goes."""
    return tmp_path / "main.log"


def events(file: LogFile) -> list[dict[str, Any]]:
    """The canonical members of each entry of the file."""
    return [json.loads(row_of(file.origin, moment, entry)[2]) for moment, entry in file.entries()]


def messages(file: LogFile) -> list[str]:
    """The sentence of each entry."""
    return [event["verbose"] for event in events(file)]


def run(*files: Path, **options: Any) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("auditsearch_import", *map(str, files), stdout=out, **{"format": "kofa", "timezone": "UTC", **options})
    return out.getvalue()


@pytest.mark.parametrize("kofa", KOFA, ids=lambda path: path.name)
def test_each_line_of_the_manual_is_one_whole_entry(kofa: Path) -> None:
    found = events(log_file(kofa))
    heads = [line.split(" - ")[1:3] for line in kofa.read_text().splitlines()]
    assert [[event["level"], event["user_name"]] for event in found] == heads
    assert log_file(kofa).survey().broken == 0


def test_an_entry_has_time_level_user_log_logger_and_message(path: Path) -> None:
    (event,) = events(log_file(path, DAY))
    assert event["ts"] == micros(datetime(2015, 4, 30, 7, 0, tzinfo=UTC))
    assert (event["level"], event["user_name"], event["log_name"]) == ("WARNING", "zope.anybody", "main")
    assert (event["logger"], event["event_code"]) == ("auditsearch.main", "log")
    assert event["verbose"] == "PasswordMandate used: B1234567"


def test_a_password_is_in_no_event_and_nothing_else_is_changed() -> None:
    changed = []
    for kofa in KOFA:
        lines = kofa.read_text().splitlines()
        pairs = zip(lines, messages(log_file(kofa)), strict=True)
        changed += [(line, message) for line, message in pairs if not line.endswith(f" - {message}")]
    ((line, message),) = changed
    assert line.endswith("W4444444 - temp_password generated: Paa3ZVrV")
    assert "W4444444 - temp_password generated: " in message
    assert "Paa3ZVrV" not in message


def test_a_line_without_a_head_goes_on_with_the_message_before_it(path: Path) -> None:
    file = log_file(path, f"{LINE}\n", "second line\n", "\n", "2015-04-30 is no head\r\n", f"{DAY}\r\n")
    assert messages(file) == ["saved: title\nsecond line\n\n2015-04-30 is no head", "PasswordMandate used: B1234567"]


@pytest.mark.parametrize("broken", ["2015-13-45 08:00:00,000 - INFO - admin - x", "2015-04-29 08:12:27,000 - INFO"])
def test_a_broken_line_is_kept_whole_beside_the_entry_before_it(path: Path, broken: str) -> None:
    file = log_file(path, f"{LINE}\n{broken}\n{DAY}\n")
    first, second, _ = events(file)
    assert (second["verbose"], second["ts"] - first["ts"], second["context"]) == (broken, 1, {"broken": True})
    assert file.survey().broken == 1


def test_lines_before_the_first_head_are_kept_with_its_time(path: Path) -> None:
    first, second = events(log_file(path, f"the rest of a message\n{LINE}\n"))
    assert (first["verbose"], second["ts"] - first["ts"]) == ("the rest of a message", 1)


def test_equal_lines_are_as_many_events(path: Path) -> None:
    ids = [event["id"] for event in events(log_file(path, f"{LINE}\n" * 3))]
    assert len(set(ids)) == 3


def test_a_file_that_has_grown_adds_only_what_is_new(path: Path) -> None:
    before = events(log_file(path, f"{LINE}\n"))
    after = events(log_file(path, f"{LINE}\n{DAY}\n{LINE}\n"))
    assert after[0] == before[0]
    assert len({event["id"] for event in after}) == 3


@pytest.mark.parametrize("change", [{"source": "server-2"}, {"log": "students"}])
def test_another_source_or_log_makes_other_events(path: Path, change: dict[str, str]) -> None:
    (here,), (there,) = events(log_file(path, LINE)), events(log_file(path, LINE, **change))
    assert here["id"] != there["id"]


def test_a_line_that_does_not_fit_the_encoding_is_read_as_latin_1(path: Path) -> None:
    file = log_file(path, f"{LINE} Łódź\n".encode(), f"{LINE} Müller\n".encode("latin-1"))
    assert messages(file) == ["saved: title Łódź", "saved: title Müller"]


def test_a_file_in_another_encoding_is_read_in_it(path: Path) -> None:
    assert messages(log_file(path, f"{LINE} Анна".encode("cp1251"), encoding="cp1251")) == ["saved: title Анна"]


def test_an_import_goes_to_the_partitions_of_its_own_times(path: Path) -> None:
    file = log_file(path, LINE)
    ((moment, entry),) = file.entries()
    assert row_of(file.origin, moment, entry)[1] == "auditsearch-2015.04"
    assert row_of(file.origin, moment, entry, "year")[1] == "auditsearch-2015"


def test_over_500_partitions_are_refused_with_the_number_and_the_remedy() -> None:
    check_partitions({str(n) for n in range(500)})
    with pytest.raises(LogFileError, match=r"501 partitions.*--period year"):
        check_partitions({str(n) for n in range(501)})


def test_a_file_that_is_no_log_is_refused(path: Path) -> None:
    with pytest.raises(LogFileError, match="no line of it begins like"):
        log_file(path, "a,b,c\n" * 10).survey()
    with pytest.raises(LogFileError, match="in its first 1,000 lines"):
        log_file(path, "a,b,c\n" * 2000).survey()


def test_an_empty_file_holds_nothing(path: Path) -> None:
    assert log_file(path, "\n\n").survey().entries == 0


@pytest.mark.django_db
def test_rows_are_written_in_batches(path: Path) -> None:
    with override_settings(AUDITSEARCH={"BATCH_SIZE": 2, "DELIVERY": "command"}):
        assert list(log_file(path, f"{LINE}\n" * 5).record()) == [2, 2, 1]
    assert OutboxRow.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_importing_twice_gives_each_event_once(tmp_path: Path) -> None:
    with override_settings(AUDITSEARCH={"BACKEND": "sqlite", "PATH": tmp_path / "events.sqlite3"}):
        for _ in range(2):
            assert "85 entries recorded, 0 of them broken" in run(*KOFA, timezone="Africa/Lagos")
            assert filter_events().count() == 85
        story = filter_events(log="students", search="B1234567 cleared")
        assert [(event.user, event.timestamp) for event in story] == [
            ("clearanceofficer", datetime(2015, 1, 17, 10, 58, 12, 643000, UTC))
        ]
        get_backend().close()
    assert not any(b"Paa3ZVrV" in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.django_db
def test_a_dry_run_counts_and_writes_nothing(path: Path) -> None:
    path.write_text(f"{LINE}\n{DAY}\n")
    assert "2 entries would be recorded, 0 of them broken lines, in 1 partitions" in run(path, dry_run=True)
    assert not OutboxRow.objects.exists()


@pytest.mark.django_db
def test_where_one_file_can_not_be_read_nothing_is_written(path: Path, tmp_path: Path) -> None:
    path.write_text(LINE)
    with pytest.raises(CommandError, match=r"missing\.log"):
        run(path, tmp_path / "missing.log")
    assert not OutboxRow.objects.exists()


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"timezone": "Africa/Lagoon"}, "Africa/Lagoon is no time zone"),
        ({"timezone": "/etc/passwd"}, "is no time zone"),
        ({"encoding": "utf-9"}, "utf-9 is not known"),
        ({"encoding": "utf-16"}, "convert the file to utf-8"),
    ],
)
def test_a_wrong_option_is_a_sentence(path: Path, option: dict[str, str], sentence: str) -> None:
    path.write_text(LINE)
    with pytest.raises(CommandError, match=sentence):
        run(path, **option)
