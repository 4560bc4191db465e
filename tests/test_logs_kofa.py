"""Kofa's lines: every part becomes a field, and the same bytes come out again."""

import io
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import override_settings

from auditsearch.api import filter_events
from auditsearch.backends import get_backend
from auditsearch.event import Event
from auditsearch.logs import kofa
from auditsearch.logs.files import LogFile
from auditsearch.logs.importers import row_of
from auditsearch.logs.kofa_actions import pairs, told

KOFA = sorted((Path(__file__).parent.parent / "example" / "kofa").glob("*.log"))
LAGOS = ZoneInfo("Africa/Lagos")
HEAD = "2015-04-29 08:12:26,091 - INFO - admin - "
ODD = (
    "the rest of a message whose begin is in another file\n"
    + f"{HEAD}students.browser.RejectPage - W1 - comment: first line\n\nДорогой студент\n - INFO - \n"
    + f"{HEAD}W1 - Cleared\n{HEAD}W1 - Cleared\n{HEAD}W1 - Cleared\r\n"
    + "2015-13-45 08:00:00,000 - INFO - admin - no such month\n"
).encode()
ODD += f"{HEAD}Müller - saved: title\n".encode("latin-1")
ODD += b"2015-04-29 08:12:27,000 - WARNING - zope.anybody - upgrade - done: 5 - 6\n"


def events(path: Path, zone: ZoneInfo = LAGOS) -> list[Event]:
    """The events of a file."""
    file = LogFile(path, path.stem, zone, path.name)
    return [Event.from_canonical(row_of(file.origin, moment, entry)[2]) for moment, entry in file.entries()]


def fields(message: str) -> dict[str, Any]:
    """The fields of a message of `admin`."""
    found = kofa.parse(HEAD + message)
    assert found is not None
    return found


@pytest.mark.parametrize("path", KOFA, ids=lambda path: path.name)
def test_each_line_of_the_manual_comes_out_again_byte_by_byte(path: Path) -> None:
    written = b"".join(kofa.encoded(event, LAGOS) for event in events(path))
    assert written == path.read_bytes().replace(b"generated: Paa3ZVrV", b"generated: ***")


def test_broken_lines_mixed_encodings_and_line_ends_come_out_again(tmp_path: Path) -> None:
    path = tmp_path / "main.log"
    path.write_bytes(ODD)
    found = sorted(events(path), key=lambda event: event.timestamp)
    assert b"".join(kofa.encoded(event, LAGOS) for event in found) == ODD


def test_a_file_in_another_encoding_comes_out_again(tmp_path: Path) -> None:
    path = tmp_path / "main.log"
    path.write_bytes(f"{HEAD}Иванов - saved: title\n{HEAD}W1 - Cleared\n".encode("cp1251"))
    file = LogFile(path, "main", LAGOS, "main.log", encoding="cp1251")
    found = [Event.from_canonical(row_of(file.origin, moment, entry)[2]) for moment, entry in file.entries()]
    assert b"".join(kofa.encoded(event, LAGOS) for event in found) == path.read_bytes()


@pytest.mark.parametrize("stamp", ["2015-03-29 02:30:00,001", "2015-10-25 02:30:00,001", "0001-01-01 00:00:00,000"])
def test_an_hour_that_no_clock_or_two_clocks_showed_comes_out_again(tmp_path: Path, stamp: str) -> None:
    path, berlin = tmp_path / "main.log", ZoneInfo("Europe/Berlin")
    path.write_text(f"{HEAD}x\n{stamp} - INFO - admin - W1 - Cleared\n")
    assert kofa.encoded(events(path, berlin)[1], berlin).decode() == f"{stamp} - INFO - admin - W1 - Cleared\n"


@pytest.mark.django_db(transaction=True)
def test_import_and_search_give_each_file_back(tmp_path: Path) -> None:
    odd = tmp_path / "odd.log"
    odd.write_bytes(ODD)
    with override_settings(AUDITSEARCH={"BACKEND": "sqlite", "PATH": tmp_path / "events.sqlite3"}):
        call_command(
            "auditsearch_import", *map(str, [*KOFA, odd]), format="kofa", timezone="Africa/Lagos", stdout=io.StringIO()
        )
        for path in (*KOFA, odd):
            out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
            call_command("auditsearch_search", log=path.stem, format="kofa", timezone="Africa/Lagos", stdout=out)
            lines = path.read_bytes().replace(b"generated: Paa3ZVrV", b"generated: ***")
            ordered = lines if path == odd else b"".join(sorted(lines.splitlines(keepends=True)))
            assert out.buffer.getvalue() == ordered  # type: ignore[attr-defined]
        assert filter_events(log="students", object_id="B1234567", _context__action="Cleared").count() == 1
        get_backend().close()


@pytest.mark.parametrize(
    ("message", "object_id", "context"),
    [
        ("a.b.FormPage - DEP1 - saved: title + code", "DEP1", {"action": "saved", "fields": ["title", "code"]}),
        ("a.b.AddFormPage - added: FAC1/DEP1", "FAC1/DEP1", {"action": "added", "details": "FAC1/DEP1"}),
        ("a.b.AddPage - H1 - added: x - y", "H1", {"action": "added", "details": "x - y"}),
        ("B1 - First school fee payment made", "B1", {"action": "First school fee payment made"}),
        ("a.UserPage - Test edited: roles", "Test", {"action": "edited", "fields": ["roles"]}),
        ("PasswordMandate used: B1", "B1", {"action": "used", "details": "PasswordMandate"}),
        ("a.ChangePage - B1 - me@x.org", "B1", {"email": "me@x.org"}),
        ("a.BedPage - h - released: h_A (K1)", "h", {"action": "released", "bed": "h_A", "student": "K1"}),
        ("a.Page - successful clearance payment: p1", None, {"category": "clearance", "payment": "p1"}),
        ("a.Page - (re-)enabled: ABC-1", "ABC-1", {"action": "(re-)enabled"}),
        ("nothing that any rule would know because it is far too long for the name of an action, see", None, {}),
    ],
)
def test_page_object_action_and_details_become_fields(message: str, object_id: str | None, context: Any) -> None:
    found = fields(message)
    assert found.get("object_id") == object_id
    assert found["context_data"].items() >= context.items()
    assert found["verbose"] == message


def test_pages_and_processors_are_told_apart() -> None:
    assert fields("a.b.FormPage - saved: x")["context_data"]["page"] == "a.b.FormPage"
    found = fields("Student Processor (update only) - file_admin - B1 - updated: a=1")
    assert found["object_id"] == "B1"
    assert (
        found["context_data"].items() >= {"processor": "Student Processor (update only)", "file": "file_admin"}.items()
    )


def test_values_of_an_import_are_read() -> None:
    found = pairs("state=returning, name=None, rooms=44, code=007, names=['D', 'E'], at=FRIDAY 9TH, JANUARY")
    assert found == {
        "state": "returning", "name": None, "rooms": 44, "code": "007", "names": ["D", "E"], "at": "FRIDAY 9TH, JANUARY"
    }  # fmt: skip


def test_counts_and_seconds_of_a_processed_file_are_numbers() -> None:
    found = told("processed: /a/b, c.csv, update mode, 3 lines (1 successful/ 2 failed), 0.129 s (0.0430 s/item)")
    assert found == {
        "action": "processed", "file": "/a/b, c.csv", "mode": "update", "lines": 3, "successful": 1, "failed": 2,
        "seconds": 0.129, "seconds_per_item": 0.043,
    }  # fmt: skip


def test_a_payment_callback_is_read_into_its_parts() -> None:
    found = told("valid callback for clearance payment p1: 00:Approved:4500000:5964:p1:FBN|WEB|22-12-2014:000382")
    assert (found["category"], found["payment"]) == ("clearance", "p1")
    assert found["callback"] == {
        "code": "00", "description": "Approved", "amount": 4500000, "card": "5964", "payment": "p1",
        "payment_reference": "FBN|WEB|22-12-2014", "retrieval_reference": "000382",
    }  # fmt: skip


def test_anonymous_and_system_actors_are_told() -> None:
    for user, actor in (("zope.anybody", "anonymous"), ("system", "system")):
        found = kofa.parse(f"2015-04-29 08:12:26,091 - INFO - {user} - B1 - Cleared")
        assert found is not None
        assert found["context_data"]["actor"] == actor


def test_an_event_of_our_own_is_a_line_too() -> None:
    event = Event(id="i", timestamp=events(KOFA[0])[0].timestamp, user="Anna", verbose="Anna paid", canonical="{}")
    assert kofa.line(event, LAGOS) == "2015-04-29 08:12:26,091 - INFO - Anna - Anna paid"
