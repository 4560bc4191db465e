"""Django's admin leads to the audit pages, from every AdminSite."""

import sys
from types import ModuleType
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client, override_settings

from auditsearch.exceptions import BackendUnavailable
from auditsearch.search import Events
from auditsearch.testing import ship
from tests.capture.conftest import order
from tests.shop.models import Customer, Order, Visit
from tests.web import backoffice

pytestmark = pytest.mark.usefixtures("office")


@pytest.fixture
def office(store: None) -> Any:
    """The site with an AdminSite of its own."""
    with override_settings(ROOT_URLCONF="tests.web.backoffice"):
        yield


@pytest.fixture
def boss(client: Client, office: None) -> Client:
    """Somebody who may do everything."""
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def clerk(client: Client, person: Any) -> Client:
    """Somebody who works in the admin, and may not look at the audit log."""
    user = person("clerk")
    user.is_staff = True
    user.save()
    user.user_permissions.set(admin_permissions())
    client.force_login(user)
    return client


def admin_permissions() -> Any:
    """Those of the shop."""
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(content_type__app_label="shop")


def made() -> Order:
    """An order whose events are stored."""
    found = order()
    ship()
    return found


def history(client: Client, instance: Any, query: str = "") -> Any:
    """The answer of the History button."""
    return client.get(f"/office/shop/{instance._meta.model_name}/{instance.pk}/history/{query}")


def chosen(client: Client, *keys: Any, model: str = "order") -> Any:
    """The answer of the action."""
    form = {"action": "audit_history", "_selected_action": [str(key) for key in keys]}
    return client.post(f"/office/shop/{model}/", form)


def test_the_history_button_leads_to_the_objects_page(boss: Client) -> None:
    one = made()
    answer = history(boss, one)
    assert answer.status_code == 302
    assert answer.url == f"/watch/object/shop.Order/{one.pk}/"
    assert boss.get(answer.url).status_code == 200


def test_django_s_own_history_is_shown_where_it_is_asked_for(boss: Client) -> None:
    assert "Change history" in history(boss, made(), "?own").content.decode()


def test_django_s_own_history_is_shown_to_who_may_not_look(clerk: Client) -> None:
    assert "Change history" in history(clerk, made()).content.decode()


def test_django_s_own_history_is_shown_of_what_is_not_tracked(boss: Client) -> None:
    visit = Visit.objects.create(customer=Customer.objects.create(name="Anna"))
    assert "Change history" in history(boss, visit).content.decode()


def test_django_s_own_history_is_shown_of_what_no_event_tells(boss: Client) -> None:
    one = made()
    with override_settings(AUDITSEARCH={"BACKEND": "memory", "MODELS": ["shop.Order"], "INDEX_PREFIX": "other"}):
        assert not Events().exists()
        assert "Change history" in history(boss, one).content.decode()


def test_django_s_own_history_is_shown_while_the_store_does_not_answer(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = made()
    monkeypatch.setattr(Events, "exists", lambda self: (_ for _ in ()).throw(BackendUnavailable("down")))
    assert "Change history" in history(boss, one).content.decode()


def test_a_history_of_its_own_stays(boss: Client) -> None:
    assert history(boss, Customer.objects.create(name="Anna")).content == b"a history of its own"


def test_an_object_that_is_gone_is_answered_as_django_does(boss: Client) -> None:
    assert boss.get("/office/shop/order/999/history/").url == "/office/"


def test_the_action_leads_to_the_events_of_the_chosen_objects(boss: Client) -> None:
    one, two, other = order(), order(), order()
    ship()
    answer = chosen(boss, one.pk, two.pk)
    found = boss.get(answer.url).context["found"].sheet.events
    assert {event.object_id for event in found} == {str(one.pk), str(two.pk)}
    assert str(other.pk) not in {event.object_id for event in found}


def test_too_many_objects_are_refused_with_a_word(boss: Client) -> None:
    customer = Customer.objects.create(name="Anna")
    keys = [each.pk for each in Order.objects.bulk_create([Order(customer=customer) for _ in range(95)])]
    answer = chosen(boss, *keys)
    assert answer.status_code == 302
    assert "choose fewer" in boss.get(answer.url).content.decode()


@pytest.mark.parametrize("model", ["visit"])
def test_what_is_not_tracked_has_no_action(boss: Client, model: str) -> None:
    Visit.objects.create(customer=Customer.objects.create(name="Anna"))
    assert "audit_history" not in boss.get(f"/office/shop/{model}/").content.decode()


def test_who_may_not_look_has_neither_action_nor_link(clerk: Client) -> None:
    one = made()
    assert "audit_history" not in clerk.get("/office/shop/order/").content.decode()
    assert "/watch/" not in clerk.get("/office/").content.decode()
    assert "/watch/" not in chosen(clerk, one.pk).get("Location", "")


def test_the_action_stands_on_the_list_and_the_link_on_the_index(boss: Client) -> None:
    made()
    assert "Audit history" in boss.get("/office/shop/order/").content.decode()
    assert 'href="/watch/"' in boss.get("/office/").content.decode()


def test_nothing_leads_there_where_the_setting_is_off(boss: Client, settings: Any) -> None:
    one = made()
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "ADMIN": False}
    assert "audit_history" not in boss.get("/office/shop/order/").content.decode()
    assert "/watch/" not in boss.get("/office/").content.decode()
    assert "Change history" in history(boss, one).content.decode()


def test_a_site_without_the_pages_is_as_it_was(boss: Client) -> None:
    one = made()
    pageless = ModuleType("pageless")
    vars(pageless)["urlpatterns"] = backoffice.pageless
    sys.modules["pageless"] = pageless
    with override_settings(ROOT_URLCONF="pageless"):
        assert "audit_history" not in boss.get("/office/shop/order/").content.decode()
        assert "Change history" in history(boss, one).content.decode()
        assert boss.get("/office/").status_code == 200


def test_a_site_made_later_has_the_action_and_can_switch_it_off() -> None:
    later = admin.AdminSite(name="later")
    assert "audit_history" in dict(later.actions)
    later.disable_action("audit_history")
    assert "audit_history" not in dict(later.actions)


def test_django_s_default_site_has_the_action() -> None:
    assert "audit_history" in dict(admin.site.actions)


def test_django_finds_nothing_wrong_with_the_admins() -> None:
    assert [message for message in run_checks(tags=["admin"]) if message.id and message.id.startswith("admin")] == []
