"""Mistakes in codes and actions are told before the site starts."""

from typing import Any

import pytest

from auditsearch.capture.checks import FORMER, check_actions, check_codes, check_former, check_labels
from auditsearch.conf import NAMES


def test_right_codes_and_actions_are_silent(audit: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    audit(
        EVENT_CODES={"CRITICAL_CHANGE": ("cc", "Critical change")},
        HOOKED_ACTIONS={"Window": "CRITICAL_CHANGE", "rename": "cc", "tests.windows.plain": "WIN_OPEN"},
        EXCLUDE_ACTIONS=["loaddata", "api:customer-list", "tests.windows", "Customers.list", "CustomerAdmin.rename"],
    )
    assert check_codes() == check_actions() == []


@pytest.mark.parametrize("setting", ["EVENT_CODES", "EVENT_TYPES", "SYSTEMS"])
def test_a_double_code_is_an_error(audit: Any, setting: str) -> None:
    audit(**{setting: {"A": ("a", "x"), "B": ("a", "y")}})
    assert [(found.id, "A has already" in found.msg) for found in check_codes()] == [("auditsearch.E015", True)]


def test_a_hook_without_a_code_names_the_nearest(audit: Any) -> None:
    audit(HOOKED_ACTIONS={"Window": "WIN_OPN"})
    (found,) = check_codes()
    assert (found.id, "'WIN_OPEN'" in found.msg) == ("auditsearch.E016", True)


@pytest.mark.parametrize("setting", ["HOOKED_ACTIONS", "EXCLUDE_ACTIONS"])
def test_an_action_that_is_no_view_names_the_nearest(audit: Any, settings: Any, setting: str) -> None:
    settings.ROOT_URLCONF = "tests.windows"
    audit(**{setting: {"tests.windows.Windw": "WIN_OPEN"} if setting == "HOOKED_ACTIONS" else ["tests.windows.Windw"]})
    (found,) = check_actions()
    assert (found.id, found.hint) == ("auditsearch.W018", "Did you mean 'tests.windows.Window'?")


def test_wrong_settings_are_told_once(audit: Any) -> None:
    audit(HOOKED_ACTIONS=["x"], EVENT_CODES=5)
    assert check_codes() == check_actions() == []


@pytest.mark.parametrize(
    "given",
    [
        {"RENAMED": {"shop.Purchase": "shop.Ordr"}},
        {"LOGS": {"main": {"noise": [{"object": "shop.Ordr"}]}}},
    ],
)
def test_a_model_that_is_named_and_does_not_exist_names_the_nearest(audit: Any, given: Any) -> None:
    audit(**given)
    (found,) = check_labels()
    assert (found.id, found.hint) == ("auditsearch.W026", "Did you mean 'shop.Order'?")


def test_a_model_that_was_renamed_twice_is_right(audit: Any) -> None:
    audit(RENAMED={"shop.Sale": "shop.Purchase", "shop.Purchase": "shop.Order"})
    assert check_labels() == []


def test_each_setting_of_data_logging_that_is_left_is_told_with_its_place_here(settings: Any) -> None:
    assert check_former() == []
    for old in FORMER:
        setattr(settings, f"DATALOGGER_{old}", None)
    found = {each.msg.split()[0]: each.hint for each in check_former()}
    assert (len(found), found["DATALOGGER_EVENT_CODE"]) == (12, 'Write AUDITSEARCH["EVENT_CODES"].')
    assert found["DATALOGGER_SHUTUP"] == 'Write AUDITSEARCH["ENABLED"], which is its opposite.'


def test_each_former_name_is_a_setting_here() -> None:
    assert set(FORMER.values()) <= set(NAMES)
