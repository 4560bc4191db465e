"""Codes that nobody declared are accepted and listed."""

from typing import Any

import pytest
from django.core.management import call_command

from auditsearch import undeclared
from auditsearch.api import record
from auditsearch.testing import Captured, ship
from tests.capture.conftest import audit, events  # noqa: F401 - fixtures


def test_undeclared_codes_are_listed_with_their_setting(events: Captured, audit: Any) -> None:  # noqa: F811
    audit(EVENT_CODES={"EXAM": ("exam", "Exam")})
    for code in ("exam", "export", "grading", "grading"):
        record(code, system_type="kiosk")
    ship()
    assert [(each.level, each.message, each.hint and each.hint[-12:]) for each in undeclared.findings()] == [
        ("ok", "event_code: grading (2) not declared.", 'EVENT_CODES"]'[-12:]),
        ("ok", "system_type: kiosk (4) not declared.", 'H["SYSTEMS"]'),
    ]


@pytest.mark.django_db(databases=["default", "other"])
def test_the_check_tells_them(events: Captured, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    record("grading")
    ship()
    call_command("auditsearch_check")
    assert "event_code: grading (1) not declared." in capsys.readouterr().out
