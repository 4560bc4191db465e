"""Mistakes in alerts and addresses are told before the site starts."""

from __future__ import annotations

from typing import Any

import pytest

from auditsearch.monitor.checks import check_monitoring

TOLD = {"state": "waiting", "above": 1, "mail": ["ops@example.org"]}
ASKED = {"question": {"event_code": "login_failed"}, "minutes": 10, "webhook": "https://chat.example.org/"}


@pytest.mark.parametrize("entry", [TOLD, ASKED])
def test_right_alerts_and_addresses_are_silent(settings: Any, entry: dict[str, Any]) -> None:
    settings.AUDITSEARCH = {
        "ALERTS": {"a": entry},
        "TRUSTED_PROXIES": ["unix", "10.0.0.0/8"],
        "MONITOR_ADDRESSES": ["::1"],
    }
    assert check_monitoring() == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TRUSTED_PROXIES": ["10.0.0.0/99"]}, "['TRUSTED_PROXIES'] has '10.0.0.0/99'"),
        ({"MONITOR_ADDRESSES": ["unix"]}, "['MONITOR_ADDRESSES'] has 'unix'"),
        ({"ALERTS": {"a": ASKED | {"question": {"event_cod": "x"}}}}, "Did you mean event_code?"),
        ({"ALERTS": {"a": ASKED | {"question": "event_code"}}}, "it must be a dictionary"),
        ({"ALERTS": {"a": TOLD | {"above": "20"}}}, "above must be a number"),
        ({"ALERTS": {"a": ASKED | {"minutes": "10"}}}, "minutes must be a number"),
    ],
)
def test_what_could_never_be_asked_is_an_error(settings: Any, given: dict[str, Any], said: str) -> None:
    settings.AUDITSEARCH = given
    (found,) = check_monitoring()
    assert (found.id, said in found.msg) == ("auditsearch.E014", True)
