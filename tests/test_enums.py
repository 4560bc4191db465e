"""The codes: those built in, and those of the settings."""

import pickle
from typing import Any

import pytest

from auditsearch import enums
from auditsearch.enums import Code, ConfigurableEnum, EventCode, EventType, SystemEnum
from tests.capture.conftest import audit  # noqa: F401 - a fixture


class Office(ConfigurableEnum, setting="OFFICES"):
    """An enumeration of an application's own."""

    BURSARY = ("bursary", "Bursary")


def test_codes_compare_with_what_is_stored_and_have_labels() -> None:
    assert EventCode.WIN_OPEN == "win_open"
    assert str(EventCode.LOGIN.label) == "logged in"
    assert set(EventCode.values) > {"insert", "update", "delete", "login", "logout", "login_failed", "win_open"}
    assert (EventType.UNDEFINED, SystemEnum.SHELL) == ("undefined", "shell")
    assert enums.SystemsEnum is SystemEnum


def test_settings_add_members(audit: Any) -> None:  # noqa: F811
    audit(EVENT_CODES={"CRITICAL_CHANGE": ("cc", "Критичное изменение")})
    assert EventCode.CRITICAL_CHANGE == "cc"
    assert (EventCode.CRITICAL_CHANGE.name, EventCode.CRITICAL_CHANGE.label) == (
        "CRITICAL_CHANGE",
        "Критичное изменение",
    )
    assert EventCode.choices[-1] == ("cc", "Критичное изменение")
    assert list(EventCode)[-1] == EventCode("cc") == EventCode["CRITICAL_CHANGE"]
    assert "cc" in EventCode
    assert len(EventCode) == len(EventCode.names) == len(EventCode.labels)


def test_an_application_has_its_own(settings: Any) -> None:
    settings.OFFICES = {"REGISTRY": ("registry", "Registry")}
    assert Office.values == ["bursary", "registry"]
    assert Office.REGISTRY == "registry"


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(AttributeError, match="Did you mean LOGIN"):
        EventCode.LOGN  # noqa: B018
    with pytest.raises(KeyError, match="Did you mean LOGIN"):
        EventCode["LOGN"]
    with pytest.raises(ValueError, match="logged"):
        EventCode("logged")


def test_a_code_is_pickled_and_stays_one() -> None:
    again = pickle.loads(pickle.dumps(EventCode.LOGIN))
    assert (again, type(again)) == ("login", Code)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"A": ("insert", "x")}, "which INSERT has already"),
        ({"A": ("a", "x"), "B": ("a", "y")}, "which A has already"),
        ({"INSERT": ("i", "x")}, "built in already"),
        ({"a": ("a", "x")}, "name of capitals"),
        ({"A": "a"}, "pair of code and label"),
        ({"A": ("a" * 65, "x")}, "1 to 64 characters"),
    ],
)
def test_a_double_or_a_misfit_is_told(audit: Any, given: Any, told: str) -> None:  # noqa: F811
    audit(EVENT_CODES=given)
    (problem,) = EventCode.problems()
    assert told in problem
