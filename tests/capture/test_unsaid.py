"""MASK where a value hides in something else: what an object is called, its key, questions, URLs, JSON in a text."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.functional import SimpleLazyObject
from rest_framework.authtoken.models import Token

from auditsearch.api import acting, record, recording, win_open
from auditsearch.history import key_of
from auditsearch.signals import msg_for_log_signal
from auditsearch.testing import Captured
from tests.shop.models import Code, Customer, Document, Order, Post, Tag

Audit = Callable[..., None]


def told(events: Captured) -> str:
    """All that is stored of the events."""
    assert len(events) > 0
    return "\n".join(event.canonical for event in events)


def test_no_label_says_a_hidden_value_of_the_object_or_of_what_it_points_to(events: Captured, audit: Audit) -> None:
    audit(MASK=["shop.Customer.name"])
    customer = Customer.objects.create(name="Hidden A")
    order = Order.objects.create(customer=customer, number="n")
    Customer.objects.filter(pk=customer.pk).update(name="Hidden B")
    record("seen", object=order)
    customer.delete()
    assert "Hidden" not in told(events)
    assert events[1].object_label == "n of ***"


@pytest.mark.parametrize("setting", ["MASK", "PERSONAL"])
def test_a_lazy_object_that_an_object_points_to_is_what_it_stands_for(
    events: Captured, audit: Audit, setting: str
) -> None:
    audit(**{setting: ["shop.Customer.name"]})
    customer = Customer.objects.create(name="Hidden")
    Order.objects.create(customer=SimpleLazyObject(lambda: customer), number="n")
    assert "Hidden" not in told(events)
    assert key_of(SimpleLazyObject(lambda: customer)) == ("shop.Customer", str(customer.pk))


def test_no_label_of_a_relation_says_it(events: Captured, audit: Audit) -> None:
    audit(MASK=["shop.Tag.name"])
    Post.objects.create(title="t").tags.add(Tag.objects.create(name="Hidden"))
    assert "Hidden" not in told(events)


def test_no_sentence_of_a_handler_says_it(events: Captured, audit: Audit) -> None:
    def handler(sender: Any, model_instance: Any, **_: Any) -> str:
        return f"made {model_instance.name}"

    audit(MASK=["shop.Customer.name"])
    msg_for_log_signal.connect(handler)
    Customer.objects.create(name="Hidden")
    msg_for_log_signal.disconnect(handler)
    assert events[0].verbose == "made ***"


@pytest.mark.parametrize("limit", [0, 10])
def test_no_question_and_no_value_of_a_bulk_update_says_it(events: Captured, audit: Audit, limit: int) -> None:
    audit(MASK=["shop.Customer.name", "shop.Document.data.pin"], BULK_EVENTS=limit)
    Order.objects.create(customer=Customer.objects.create(name="Hidden A"))
    Document.objects.create(data={})
    Order.objects.filter(customer__name__iexact="hidden a").update(number="x")
    Customer.objects.filter(name__startswith="Hidden").update(name="Hidden B")
    Document.objects.update(data={"pin": "Hidden C", "shown": 1})
    assert "hidden" not in told(events).lower()


def test_a_secret_key_names_no_object(events: Captured, audit: Audit) -> None:
    audit(MASK=["shop.Code.code"])
    code = Code.objects.create(code="Hidden", text="x")
    code.text = "y"
    code.save()
    record("seen", object=code)
    code.delete()
    assert "Hidden" not in told(events)
    assert [(event.object_type, event.object_id) for event in events] == [("shop.Code", None)] * 4


def test_a_token_of_an_api_is_a_secret_without_a_setting(events: Captured, audit: Audit) -> None:
    audit(MODELS=["authtoken.Token"])
    token = Token.objects.create(user=User.objects.create(username="anna"))
    assert token.key not in told(events)


def test_a_url_and_json_in_a_text_of_a_model_hide_their_secrets(events: Captured) -> None:
    Document.objects.create(title="https://anna:Hidden@h/?token=Hidden&page=2")
    Document.objects.create(title='{"password": "Hidden"}')
    Document.objects.create(title="/reset?token=Hidden", data={"next": "/reset?token=Hidden"})
    assert "Hidden" not in told(events)
    assert events[0].object_snapshot["title"] == "https://anna:***@h/?token=***&page=2"


def test_a_plain_text_of_a_model_is_kept_as_it_is(events: Captured) -> None:
    Document.objects.create(title="What? a=b, the password: see [1] {x}", data={"q": "[not json] ?"})
    assert events[0].object_snapshot["data"] == {"q": "[not json] ?"}


def test_texts_of_reasons_windows_and_failures_hide_theirs(events: Captured) -> None:
    with acting("anna", reason="password=Hidden"):
        win_open("Order, token: Hidden", back="/orders?token=Hidden")
    with pytest.raises(ValueError, match="secret"), recording("export"):
        raise ValueError("secret=Hidden, https://anna:Hidden@host")
    assert "Hidden" not in told(events)


@pytest.mark.parametrize("change", [lambda one: one.save(), lambda one: Customer.objects.update(name=one.name)])
def test_no_reason_says_what_a_hidden_field_was(events: Captured, audit: Audit, change: Any) -> None:
    audit(MASK=["shop.Customer.name"])
    customer = Customer.objects.create(name="Hidden A")
    customer.name = "Hidden B"
    with acting("anna", reason="she was called hidden a, not Hidden B"):
        change(customer)
    assert events[-1].context_data["reason"] == "she was called ***, not ***"


def test_who_signs_out_is_called_without_a_secret(events: Captured, audit: Audit, client: Client) -> None:
    audit(MASK=["auth.User.username"])
    client.force_login(User.objects.create(username="Hidden"))
    client.logout()
    assert [event.object_label for event in events if event.event_code == "logout"] == ["***"]


def test_the_text_of_an_exception_in_a_context_hides_its(events: Captured) -> None:
    record("tried", error=ValueError("password=Hidden"), tries=[{"said": "token: Hidden"}], shown="a=b")
    assert "Hidden" not in told(events)
    assert events[0].context_data["shown"] == "a=b"
