"""The built-in codes."""

from auditsearch.enums import EventCode, EventType, SystemEnum


def test_codes_compare_with_what_is_stored_and_have_labels() -> None:
    assert EventCode.WIN_OPEN == "win_open"
    assert str(EventCode.LOGIN.label) == "logged in"
    assert set(EventCode.values) > {"insert", "update", "delete", "login", "logout", "login_failed", "win_open"}
    assert (EventType.UNDEFINED, SystemEnum.SHELL) == ("undefined", "shell")
