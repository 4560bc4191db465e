"""Formats of a user's own: the two examples of the manual, and what is asked of such a function."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auditsearch.event import Event
from auditsearch.logs.files import LogFile
from auditsearch.logs.format import LogFileError
from auditsearch.logs.formats import format_of
from auditsearch.logs.importers import row_of
from auditsearch.logs.lines import Format
from example import parsers

ROOT = Path(__file__).parent.parent
GET = '10.0.0.1 - anna [22/Nov/2026:13:00:00 +0100] "GET /x?token=geheim HTTP/1.1" 200 512 "-" "curl/8"'


def events(path: Path, form: Any, text: str) -> list[Event]:
    """The events of a file with this text."""
    path.write_text(text)
    file = LogFile(path, "web", ZoneInfo("Africa/Lagos"), path.name, format=form)
    return [Event.from_canonical(row_of(file.origin, moment, entry)[2]) for moment, entry in file.entries()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's file goes."""
    return tmp_path / "access.log"


def test_a_line_of_nginx(path: Path) -> None:
    (event,) = events(path, "example.parsers.nginx", f"{GET}\n")
    assert (event.timestamp, event.user, event.ip) == (datetime(2026, 11, 22, 12, tzinfo=UTC), "anna", "10.0.0.1")
    assert (event.event_code, event.log) == ("request", "web")
    assert event.context_data == {
        "method": "GET",
        "path": "/x?token=***",
        "agent": "curl/8",
        "status": 200,
        "bytes": 512,
    }


@pytest.mark.parametrize(
    "line", ['::1 - - [22/Nov/2026:13:00:00 +0100] "\\x16\\x03" 400 0 "-" "-"', GET.partition(' "-"')[0]]
)
def test_odd_lines_of_nginx(path: Path, line: str) -> None:
    (event,) = events(path, "example.parsers.nginx", line)
    assert event.context_data["status"] in (200, 400)


@pytest.mark.parametrize(
    ("line", "level", "program"),
    [
        ("<34>Nov 22 12:00:00 host su[7]: 'su root' failed", "CRITICAL", "su"),
        ("Nov  2 12:00:00 host cron: done", "INFO", "cron"),
        ("<165>1 2026-11-22T12:00:00.003Z host app - ID47 - text", "INFO", "app"),
    ],
)
def test_lines_of_syslog(path: Path, line: str, level: str, program: str) -> None:
    (event,) = events(path, "example.parsers.syslog", line)
    assert (event.level, event.context_data["program"]) == (level, program)


def test_lines_of_a_user_keep_their_order_and_their_broken_ones(path: Path) -> None:
    found = events(path, parsers_nginx(), f"{GET}\n{GET}\nbroken\n{GET}\n")
    assert [event.timestamp.microsecond for event in found] == [0, 1, 2, 3]
    assert [event.context_data.get("broken") for event in found] == [None, None, True, None]


def parsers_nginx() -> Format:
    """The format that a function alone becomes."""
    return format_of("example.parsers.nginx")


def test_a_head_lets_messages_go_on_over_lines(path: Path) -> None:
    form = Format(
        lambda text: {"timestamp": datetime.fromisoformat(text[:19]), "verbose": text[20:]},
        head=re.compile(rb"\d{4}-\d\d-\d\d "),
    )
    (event,) = events(path, form, "2026-11-22 12:00:00 first\n  second\n")
    assert event.verbose == "first\n  second"


def test_a_field_that_no_event_has_is_refused_with_the_nearest(path: Path) -> None:
    form = Format(lambda text: {"timestamp": datetime(2026, 1, 1), "usr": "x"})
    with pytest.raises(LogFileError, match=r"'usr', which is no field of an event\. Did you mean 'user'"):
        events(path, form, "x")


def test_a_file_that_no_line_fits_is_refused(path: Path) -> None:
    path.write_text("a\nb\n")
    with pytest.raises(LogFileError, match="no line of it begins like"):
        LogFile(path, "web", ZoneInfo("UTC"), "x", format="example.parsers.nginx").survey()


def test_the_manual_shows_the_examples_as_they_are() -> None:
    code = (ROOT / "example" / "parsers.py").read_text().partition('"""\n\n')[2]
    assert code in (ROOT / "docs" / "logs.md").read_text()
    assert parsers.nginx("") is None
