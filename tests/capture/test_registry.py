"""Which models are tracked, and what is said of a name that is none."""

from collections.abc import Callable

import pytest
from django.db import models
from django.db.models.signals import pre_delete

from auditsearch.capture import registry
from auditsearch.testing import Captured
from tests.capture.conftest import customer
from tests.shop.models import Customer, Order, Place, Price, Restaurant, RushOrder, Visit


@pytest.mark.parametrize(
    "entry", ["shop.Visit", "tests.shop.models.Visit", "tests.shop.Visit", "shop.*", "tests.shop.*"]
)
def test_a_model_is_named_by_any_of_its_names(audit: Callable[..., None], entry: str) -> None:
    audit(MODELS=[entry])
    assert Visit in registry.tracked()
    assert registry.problems() == []


def test_all_models_of_an_app_are_the_apps_alone(audit: Callable[..., None]) -> None:
    audit(MODELS=["shop.*"])
    assert {model._meta.app_label for model in registry.tracked()} == {"shop"}


def test_a_parent_brings_its_children_and_a_model_its_proxies(audit: Callable[..., None]) -> None:
    audit(MODELS=["shop.Place", "shop.Order"])
    assert set(registry.tracked()) == {Place, Restaurant, Order, Price}
    assert "_save_table" in vars(RushOrder)


@pytest.mark.parametrize(
    ("entry", "near"),
    [
        ("shop.Oder", "'shop.Order'"),
        ("shop.order", "'shop.Order'"),
        ("shopp.*", "'shop.*'"),
        ("project.shop.models.Custmer", "'shop.Customer'"),
        ("Order", "'shop.Order'"),
        ("Zzz", "'app.Model'"),
        ("auditsearch.OutboxRow", "own tables"),
        ("auditsearch.*", "own tables"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(audit: Callable[..., None], entry: str, near: str) -> None:
    audit(MODELS=["auth.User", entry])
    ((wrong, message),) = registry.problems()
    assert (wrong, near in message) == (entry, True), message


@pytest.mark.parametrize(
    ("keys", "near"),
    [
        ({"OLD_STATE": {"shop.Oder": "database"}}, "'shop.Order'"),
        ({"OLD_STATE": {"shop.Order": "db"}}, '"database"'),
        ({"EXCLUDE_FIELDS": ["modifed"]}, "'modified'"),
        ({"EXCLUDE_FIELDS": ["shop.Order.statu"]}, "'shop.Order.status'"),
    ],
)
def test_other_settings_that_name_models_are_looked_at_too(
    audit: Callable[..., None], keys: dict[str, object], near: str
) -> None:
    audit(**keys)
    ((_, message),) = registry.problems()
    assert near in message


def test_tracking_can_be_taken_back(events: Captured) -> None:
    registry.track(Visit)
    Visit.objects.create(customer=customer())
    registry.untrack(Visit)
    Visit.objects.create(customer=customer())
    assert [event.object_type for event in events] == ["shop.Customer", "shop.Visit", "shop.Customer"]


def test_a_model_that_is_not_tracked_is_as_it_was(audit: Callable[..., None]) -> None:
    audit(MODELS=[])
    for model in (Customer, Restaurant):
        assert not vars(model).keys() & {"_save_table", "_save_parents", "from_db", "refresh_from_db", "__getstate__"}
        assert model._save_table is models.Model._save_table
        assert not pre_delete.has_listeners(model)


def test_a_model_with_methods_of_its_own_keeps_them(
    audit: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    audit(MODELS=[])

    def from_db(cls: type[Customer], db: str, names: list[str], values: list[object]) -> Customer:
        seen.append(cls.__name__)
        return super(Customer, cls).from_db(db, names, values)  # type: ignore[return-value]

    own = classmethod(from_db)
    monkeypatch.setattr(Customer, "from_db", own, raising=False)
    audit(MODELS=["shop.Customer"])
    Customer.from_db("default", ["id", "name", "friend_id"], [1, "a", None])
    audit(MODELS=[])
    assert seen == ["Customer"]
    assert vars(Customer)["from_db"] is own
