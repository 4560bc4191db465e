"""MASK: no secret is stored, and nothing else is hidden."""

import time
from collections.abc import Callable

import pytest

from auditsearch.capture.mask import hidden, mask_text, masked, secret


@pytest.mark.parametrize(
    "key", ["password", "Password", "old_password", "passwordHash", "api-key", "ApiKey", "X-API Key", "card number"]
)
def test_a_name_that_contains_a_secrets_name_is_secret(key: str) -> None:
    assert secret(key)


@pytest.mark.parametrize("key", ["", "passport", "keyboard", "status", "пароль"])
def test_another_name_is_not(key: str) -> None:
    assert not secret(key)


def test_the_names_are_a_setting(audit: Callable[..., None]) -> None:
    audit(MASK=["пароль"])
    assert secret("Пароль")
    assert not secret("password")


def test_secrets_are_hidden_at_any_depth() -> None:
    tree = {"a": [{"Token": {"b": "x"}, "c": "y"}], "pwd": None}
    assert masked(tree) == {"a": [{"Token": "***", "c": "y"}], "pwd": None}


def test_secrets_are_hidden_inside_text_that_is_json() -> None:
    assert masked(['{"password": {"a": 1}, "b": 0.10}']) == ['{"b":0.10,"password":"***"}']
    assert masked(['{"password": "x']) == ['{"password": ***']


def test_each_hidden_value_is_counted() -> None:
    before = hidden()
    masked({"password": "x", "tokens": [1, 2]})
    mask_text("password=x")
    assert hidden() == before + 3


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("W4444444 - temp_password generated: Paa3ZVrV", "W4444444 - temp_password generated: ***"),
        ("PasswordMandate used: B1234567", "PasswordMandate used: B1234567"),
        ("browser.pages.ChangePasswordRequestPage - B1234567", "browser.pages.ChangePasswordRequestPage - B1234567"),
        ("saved: password", "saved: password"),
        ("password=abc&page=1", "password=***&page=1"),
        ("the password is: abc, all right", "the password is: ***, all right"),
        ('{"password": "a \\" b", "n": 1}', '{"password": "***", "n": 1}'),
        ("{'api_key': 'a b', 'n': 1}", "{'api_key': '***', 'n': 1}"),
        ("https://anna:pa$$@host/?token=abc#x", "https://anna:***@host/?token=***"),
        ("Authorization: Bearer abc.def", "Authorization: ***"),
        ("Cookie: a=b; c=d\r\nHost: x", "Cookie: ***\r\nHost: x"),
        ("redis://:abc@host", "redis://:***@host"),
    ],
)
def test_of_a_line_only_the_secret_is_hidden(text: str, stored: str) -> None:
    assert mask_text(text) == stored


@pytest.mark.parametrize("text", ["password" * 50_000, "password" + " " * 400_000, "://" + "a" * 400_000, "token:" * 9])
def test_no_text_hangs_the_mask(text: str) -> None:
    start = time.process_time()
    mask_text(text)
    assert time.process_time() - start < 2
