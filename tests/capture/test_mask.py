"""MASK: no secret is stored, and nothing else is hidden."""

import re
import time
from collections.abc import Callable

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from auditsearch.api import acting, record, recording
from auditsearch.capture.mask import hidden, mask_text, masked, secret
from auditsearch.capture.rules import _quick
from auditsearch.checks import check_mask
from auditsearch.exceptions import SettingError
from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.shop.models import Customer, Document, Order


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
    start = time.thread_time()
    mask_text(text)
    assert time.thread_time() - start < 20


def test_a_models_field_is_hidden_by_its_path(events: Captured, audit: Callable[..., None]) -> None:
    audit(MASK=["shop.Customer.name"])
    made = Customer.objects.create(name="hidden-a")
    made.name = "hidden-b"
    made.save()
    Order.objects.create(customer=made, number="shown")
    assert events[0].object_snapshot["name"] == "***"
    assert events[1].diff == {"name": ["***", "***"]}
    assert events[2].object_snapshot["number"] == "shown"


def test_a_key_inside_json_is_hidden_by_its_path(events: Captured, audit: Callable[..., None]) -> None:
    audit(MASK=["shop.Document.data.card.number", "shop.Document.data.*.pin"])
    Document.objects.create(data={"card": [{"number": 1, "kind": "x"}], "number": 2, "any": {"pin": 3}})
    shown = events[0].object_snapshot["data"]
    assert shown == {"card": [{"number": "***", "kind": "x"}], "number": 2, "any": {"pin": "***"}}


def test_a_key_of_the_context_is_hidden_by_its_path(events: Captured, audit: Callable[..., None]) -> None:
    audit(MASK=["context.answer.code"])
    record("asked", answer={"code": 5, "text": "x"}, code=6)
    assert events[0].context_data == {"answer": {"code": "***", "text": "x"}, "code": 6}


def test_a_pattern_is_hidden_wherever_it_stands(events: Captured, audit: Callable[..., None]) -> None:
    audit(MASK=[r"re:\b\d{16}\b"])
    card = "4111111111111111"
    made = Document.objects.create(title=f"paid by {card}", data={"a": [f"{card}!"], "b": f'["{card}"]'})
    made.title = f"now by {card}"
    made.save()
    record("asked", object=made, verbose=f"with {card}", url=f"https://host/{card}")
    assert [card in event.canonical for event in events] == [False] * 3
    assert events[0].object_snapshot["title"] == "paid by ***"


def test_secrets_in_a_urls_parameters_are_hidden_in_a_context(events: Captured) -> None:
    record("asked", url="https://anna:pa$$@host/?token=abc&page=2")
    assert events[0].context_data["url"] == "https://anna:***@host/?token=***&page=2"


@pytest.mark.parametrize(
    "url", ["/who?mail=anna%40example.org&page=2", "/p/anna%40example.org", "/p?q=%7B%22token%22%3A%22anna%40x%22%7D"]
)
def test_what_a_url_says_in_percents_is_hidden(events: Captured, audit: Callable[..., None], url: str) -> None:
    audit(MASK=["token", r"re:\b\w+@\w+\.org\b"])
    record("asked", verbose=f"asked {url}", url=url, urls=[f"https://host{url}"], discount="50% off")
    assert "anna" not in events[0].canonical
    assert events[0].context_data["discount"] == "50% off"


def test_what_an_object_hides_is_said_by_no_event_about_it(events: Captured, audit: Callable[..., None]) -> None:
    audit(MASK=["shop.Customer.name"])
    made = customer("Zinaida")
    with acting("bob", reason="a wish of Zinaida"):
        Customer.objects.filter(pk=made.pk).update(friend=made)
        with recording("export", object=made, verbose="all of Zinaida", path=["/zinaida"]) as export:
            export["error"] = OSError("no Zinaida")
    assert [event.context_data.get("reason") for event in events[1:]] == ["a wish of ***"] * 2
    assert "zinaida" not in "".join(event.canonical for event in events).lower()


def test_the_path_of_no_field_is_an_error(audit: Callable[..., None]) -> None:
    audit(MASK=["shop.Customer.nam"])
    (message,) = check_mask()
    assert (message.id, "Did you mean 'shop.Customer.name'?" in message.msg) == ("auditsearch.E013", True)


def test_a_pattern_that_is_none_hides_nothing_and_so_stops_the_site(audit: Callable[..., None]) -> None:
    with pytest.raises(SettingError, match="no regular expression"):
        audit(MASK=["re:("])


@pytest.mark.parametrize("pattern", [r"\b\d{4}-\d{2}\b", r"[a-f0-9]{3}#", r"чю \d\d", r"\b[A-Z]{2}\d{3}"])
@given(texts=st.lists(st.text("09afAZ-#№ чю_\n", max_size=12), max_size=4))
def test_a_fixed_pattern_is_found_first_wherever_it_will_be_hidden(pattern: str, texts: list[str]) -> None:
    quick, exact = _quick([pattern]), re2.compile(pattern)
    assert isinstance(quick, re.Pattern)
    assert quick.search("\n".join(texts)) or not any(exact.search(text) for text in texts)


@pytest.mark.parametrize("pattern", [r"(a+)+b", r"\d{1,9}\d{1,9}x", "a|b", "a?b", r"[z\d]+", "(?i)secret"])
def test_a_pattern_that_leaves_a_choice_is_never_searched_by_backtracking(pattern: str) -> None:
    assert not isinstance(_quick([pattern]), re.Pattern)
