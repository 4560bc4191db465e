"""Downloads, exports and reports, counted and timed."""

import time

import pytest
from django.db import IntegrityError, transaction

from auditsearch.api import recording
from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.shop.models import Code


def test_work_is_counted_and_timed(events: Captured) -> None:
    began = time.monotonic()
    with recording("export", object=customer("Анна"), log="students", file="grades.csv") as export:
        assert list(export.counted("abc")) == ["a", "b", "c"]
        export["encoding"] = "utf-8"
        time.sleep(0.02)
    event = events[-1]
    assert (event.event_code, event.log, event.object_label) == ("export", "students", "Анна")
    seconds = event.context_data.pop("seconds")
    assert 0.02 <= float(seconds) <= time.monotonic() - began + 0.001
    assert event.context_data == {"file": "grades.csv", "encoding": "utf-8", "count": 3, "outcome": "done"}
    assert event.verbose == f"export: 3 in {float(seconds):.1f} s"


def test_work_may_say_its_own_count_and_sentence(events: Captured) -> None:
    with recording("report", verbose="Report of 2026") as report:
        report.count += 12
        report.verbose = "Report of 2026, 12 pages"
    assert (events[-1].verbose, events[-1].context_data["count"]) == ("Report of 2026, 12 pages", 12)


def test_work_that_fails_is_told_and_raises_on(events: Captured) -> None:
    with pytest.raises(ValueError, match="abc"), recording("download"):
        raise ValueError("password=abc")
    event = events[-1]
    assert (event.level, event.context_data["outcome"], event.context_data["error"]) == (
        "ERROR",
        "failed",
        "ValueError",
    )
    assert event.context_data["message"] == "password=***"


def test_a_broken_transaction_does_not_hide_the_error(events: Captured) -> None:
    Code.objects.create(code="a")
    with pytest.raises(IntegrityError), transaction.atomic(), recording("import"):
        Code.objects.bulk_create([Code(code="a")])


def test_work_that_is_rolled_back_is_not_told(events: Captured) -> None:
    with transaction.atomic():
        with recording("export"):
            pass
        transaction.set_rollback(True)
    assert len(events) == 0
