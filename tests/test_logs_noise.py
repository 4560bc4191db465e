"""LOGS: what is not worth an event is suppressed and counted, and a change is told once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings

from auditsearch.api import record
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.capture.record import Record, write
from auditsearch.checks import check_logs
from auditsearch.context import acting, token_scope
from auditsearch.event import Event
from auditsearch.exceptions import SettingError
from auditsearch.logs import catalog, noise
from auditsearch.models import OutboxRow
from auditsearch.partition import alias_of, partition_of, search_aliases
from auditsearch.search import Events
from tests.factories import NOON, event
from tests.shop.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing is remembered from another test."""
    cache.clear()
    noise._counts.clear()
    noise._since.clear()
    noise._groups.clear()
    yield
    cache.clear()
    noise._counts.clear()


@contextmanager
def logs(**given: Any) -> Iterator[None]:
    """A site with these logs, whose events stay in the outbox."""
    with override_settings(AUDITSEARCH={"MODELS": ["shop.Customer"], "DELIVERY": "command", "LOGS": given}):
        yield


def told() -> list[Event]:
    """The events in the outbox."""
    return [Event.from_canonical(row) for row in OutboxRow.objects.order_by("pk").values_list("canonical", flat=True)]


def codes() -> list[str | None]:
    """Their codes."""
    return [event.event_code for event in told()]


@pytest.mark.parametrize(
    "rule",
    [
        {"code": "update"},
        {"code": ["delete", "update"]},
        {"object": "shop.Customer", "code": "update"},
        {"actor": "anna", "code": "update"},
        {"group": "applicants", "code": "update"},
    ],
)
def test_what_all_of_a_rule_holds_for_is_suppressed(rule: dict[str, Any]) -> None:
    anna = User.objects.create(username="anna")
    anna.groups.add(Group.objects.create(name="applicants"))
    OutboxRow.objects.all().delete()
    with logs(main={"noise": [rule]}), acting(anna):
        customer = Customer.objects.create(name="Ben")
        customer.name = "Benjamin"
        customer.save()
    assert codes() == ["insert"]


@pytest.mark.parametrize(
    "rule", [{"code": "delete"}, {"object": "shop.Order"}, {"actor": "ben"}, {"group": "officers"}]
)
def test_what_a_rule_does_not_hold_for_is_an_event(rule: dict[str, Any]) -> None:
    with logs(main={"noise": [rule]}), acting(User(pk=1, username="anna")):
        Customer.objects.create(name="Ben")
    assert codes() == ["insert"]


def test_repeated_saves_inside_a_window_are_one_event_and_the_next_says_how_many() -> None:
    with logs(main={"noise": [{"code": "update", "window": 60}]}):
        customer = Customer.objects.create(name="0")
        for n in range(5):
            customer.name = f"n{n}"
            customer.save()
        (key,) = (key for key in cache._cache if not key.endswith(":n"))  # type: ignore[attr-defined]
        cache.delete(key.split(":", 2)[2])
        customer.name = "later"
        customer.save()
    assert codes() == ["insert", "update", "update"]
    assert told()[-1].context_data["suppressed"] == 4


def test_a_save_that_was_rolled_back_opens_no_window() -> None:
    with logs(main={"noise": [{"code": "update", "window": 60}]}):
        customer = Customer.objects.create(name="0")
        with transaction.atomic():
            customer.name = "1"
            customer.save()
            transaction.set_rollback(True)
        customer.name = "2"
        customer.save()
    assert codes() == ["insert", "update"]


def test_a_cache_that_is_down_suppresses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noise, "cache", None)
    with logs(main={"noise": [{"code": "insert", "window": 60}]}):
        Customer.objects.create(name="0")
    assert codes() == ["insert"]


def test_what_was_suppressed_is_counted_by_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    with logs(shop={"noise": [{"code": "seen"}, {"code": "read", "actor": "system"}]}):
        for code in ("seen", "seen", "read"):
            record(code, log="shop")
        assert codes() == []
        monkeypatch.setattr(noise, "TELL_SECONDS", 0)
        record("seen", log="shop")
    (event,) = told()
    assert (event.event_code, event.log) == ("suppressed", "shop")
    assert event.context_data == {"count": 4, "rules": {"code seen": 3, "actor system, code read": 1}}


def test_what_was_rolled_back_is_not_counted() -> None:
    with logs(main={"noise": [{"code": "seen"}]}):
        with transaction.atomic():
            record("seen")
            transaction.set_rollback(True)
        record("seen")
    assert noise._counts.total() == 1


@pytest.mark.parametrize("first", ["page", "transition"])
def test_a_transition_and_a_save_in_one_request_are_one_event(first: str) -> None:
    with logs(main={"transitions": ["approved"]}), token_scope("t"), transaction.atomic():
        customer = Customer(pk=5, name="Ben")
        steps = [customer.save, lambda: record("approved", object=customer, verbose="Ben approved", by="mail")]
        for step in steps if first == "page" else reversed(steps):
            step()
    (event,) = told()
    assert (event.event_code, event.verbose, event.object_id) == ("approved", "Ben approved", "5")
    assert event.object_snapshot["name"] == "Ben"
    assert event.context_data["by"] == "mail"
    assert event.context_data["also"]["event_code"] == "insert"


@pytest.mark.parametrize(("token", "key", "codes_"), [("u", 5, 2), ("t", 6, 2)])
def test_another_request_or_object_is_told_too(token: str, key: int, codes_: int) -> None:
    with logs(main={"transitions": ["approved"]}), transaction.atomic():
        with token_scope("t"):
            record("approved", object=Customer(pk=5, name="Ben"))
        with token_scope(token):
            record("saved", object=Customer(pk=key, name="Ben"))
    assert len(codes()) == codes_


def test_after_a_rolled_back_savepoint_both_are_kept() -> None:
    with logs(main={"transitions": ["approved"]}), transaction.atomic():
        customer = Customer(pk=5, name="Ben")
        record("saved", object=customer)
        with transaction.atomic():
            record("approved", object=customer)
            transaction.set_rollback(True)
        record("approved", object=customer)
    assert sorted(map(str, codes())) in (["approved"], ["approved", "saved"])


def test_after_a_committed_transition_a_page_that_knows_nothing_more_is_left_out() -> None:
    with logs(main={"transitions": ["approved"]}), token_scope("t"):
        customer = Customer(pk=5, name="Ben")
        record("approved", object=customer)
        record("saved", object=customer)
        customer.save()
    assert codes() == ["approved", "insert"]


def test_without_logs_nothing_is_asked(django_assert_num_queries: Any) -> None:
    with logs(), django_assert_num_queries(1):
        write("default", [Record("seen")])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"labl": "x"}, "'labl', which is none. Did you mean 'label'"),
        ({"noise": [{"grup": "x"}]}, "Did you mean 'group'"),
        ({"noise": [{"window": 5}]}, "a rule is a dictionary such as"),
        ({"noise": [{"code": "x", "window": "5"}]}, "must be a number of seconds"),
    ],
)
def test_a_wrong_key_is_a_check_error_with_the_nearest(given: dict[str, Any], sentence: str) -> None:
    with logs(main=given):
        assert sentence in str(check_logs()[0].msg)
        with pytest.raises(SettingError):
            catalog.logs()


def test_who_may_see_a_log_and_who_not() -> None:
    cashier = User.objects.create(username="cashier")
    cashier.user_permissions.add(Permission.objects.get(codename="view_customer"))
    with logs(payments={"permission": "shop.view_customer", "label": "Payments"}, debug={"hidden": True}, main={}):
        assert [catalog.permitted(cashier, name) for name in ("payments", "debug", "main", "other")] == [
            True,
            False,
            True,
            True,
        ]
        assert not catalog.permitted(User.objects.create(username="x"), "payments")
        assert catalog.label("payments") == "Payments"
        assert str(catalog.visible(cashier)) == "(NOT (AND: ('log__in', ['debug'])))"


def test_a_log_with_an_index_of_its_own_has_its_own_partitions() -> None:
    with logs(payments={"index": True}, old={"index": False}):
        assert partition_of(NOON, window=None, log="payments") == "auditsearch-payments-2026.11"
        assert partition_of(NOON, window=None, log="main") == "auditsearch-2026.11"
        assert alias_of("auditsearch-payments-2026.11") == "auditsearch-payments"
        assert search_aliases("auditsearch") == ["auditsearch", "auditsearch-payments", "auditsearch-old"]


@pytest.mark.server
def test_questions_ask_the_logs_with_an_index_of_their_own_too(opensearch_url: str) -> None:
    prefix = f"ownlogs{uuid4().hex}"
    with logs(payments={"index": True}):
        store = OpenSearchBackend([opensearch_url], prefix=prefix)
        store.setup()
        partitions = [
            partition_of(NOON, window=None, log=log).replace("auditsearch", prefix, 1) for log in ("main", "payments")
        ]
        try:
            store.index([event(partition=name, verbose=name) for name in partitions])
            store.refresh()
            assert Events(backend=store).count() == 2
            assert [finding for finding in store.status().findings if finding.level == "error"] == []
            alone = store.client.ask("POST", f"/{prefix}/_count", {"query": {"match_all": {}}})
            assert alone["count"] == 1
        finally:
            for name in partitions:
                store.client.request("DELETE", f"/{name}-v1")
            store.client.request("DELETE", f"/_index_template/{prefix}")
            store.client.request("DELETE", f"/_component_template/{prefix}-mappings")
            store.close()


def test_who_is_no_user_of_the_site_is_in_no_group_and_never_an_error() -> None:
    with logs(main={"noise": [{"group": "applicants"}]}), transaction.atomic():
        write("default", [Record("seen", suid="ldap:anna")])
    assert codes() == ["seen"]


def test_a_change_after_both_were_told_as_one_is_an_event_with_its_own_diff() -> None:
    with logs(main={"transitions": ["approved"]}), token_scope("t"), transaction.atomic():
        customer = Customer.objects.create(name="Ben")
        record("approved", object=customer)
        customer.name = "Ken"
        customer.save()
        record("page", object=customer)
    first, second = told()
    assert (first.event_code, first.context_data["also"]["event_code"]) == ("approved", "insert")
    assert (second.event_code, second.diff) == ("update", {"name": ["Ben", "Ken"]})


def test_two_drafts_written_together_are_one_event_too() -> None:
    about = {"object_type": "shop.Customer", "object_id": "5", "request_token": "t"}
    with logs(main={"transitions": ["approved"]}), transaction.atomic():
        write("default", [Record("approved", **about), Record("saved", **about)])
    assert codes() == ["approved"]
