"""Passwords, groups and permissions: who changed whose, without the password itself."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from auditsearch.event import Event
from auditsearch.testing import Captured


@pytest.fixture
def anna(db: None) -> User:
    """One whose rights change."""
    return User.objects.create_user("anna", password="old horse")


def told(events: Captured, code: str) -> list[Event]:
    """The events of a code."""
    return [event for event in events if event.event_code == code]


def test_a_new_password_is_told_and_not_shown(anna: User, events: Captured, client: Client) -> None:
    boss = User.objects.create_superuser("boss")
    client.force_login(boss)
    form = {"password1": "new horse 7", "password2": "new horse 7", "usable_password": "true"}
    assert client.post(f"/admin/auth/user/{anna.pk}/password/", form).status_code == 302
    (event,) = told(events, "password_change")
    assert (event.user, event.object_label) == ("boss", "anna")
    assert event.verbose == "boss changed the password of anna"
    assert not any("new horse" in each.canonical or "md5$" in each.canonical for each in events)


def test_a_first_password_and_a_save_without_one_are_no_change(events: Captured) -> None:
    user = User(username="maria")
    user.set_password("first")
    user.save()
    user.first_name = "Maria"
    user.save()
    assert told(events, "password_change") == []


@pytest.mark.parametrize("take", [User.set_unusable_password, lambda user: user.set_password(raw_password=None)])
def test_a_password_that_is_taken_away_is_told(anna: User, events: Captured, take: Any) -> None:
    take(anna)
    anna.save()
    anna.save()
    User.objects.create_user("robot")
    (event,) = told(events, "password_change")
    assert (event.object_label, event.verbose) == ("anna", "Somebody took away the password of anna")


def test_a_new_password_is_told_when_it_is_written(anna: User, events: Captured) -> None:
    anna.set_password("new horse")
    anna.save(update_fields=["first_name"])
    assert told(events, "password_change") == []
    anna.save(update_fields=["password"])
    assert len(told(events, "password_change")) == 1


def test_a_hash_that_is_made_stronger_is_no_change(anna: User, events: Captured, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    assert anna.check_password("old horse")
    assert told(events, "password_change") == []


def test_groups_are_told_from_both_sides(anna: User, events: Captured) -> None:
    bursars, clerks = (Group.objects.create(name=name) for name in ("bursars", "clerks"))
    anna.groups.add(bursars, clerks)
    anna.groups.add(bursars)
    bursars.user_set.remove(anna)
    anna.groups.clear()
    changes = told(events, "group_change")
    assert [(event.object_label, event.context_data) for event in changes] == [
        ("anna", {"of": "auth.Group", "added": ["bursars", "clerks"]}),
        ("bursars", {"of": "auth.User", "removed": ["anna"]}),
        ("anna", {"of": "auth.Group", "removed": ["clerks"]}),
    ]
    assert changes[0].verbose == "Somebody changed anna: groups added: bursars, clerks"


def test_whoever_loses_a_group_that_is_deleted_is_told(anna: User, events: Captured) -> None:
    group = Group.objects.create(name="Staff")
    group.user_set.add(anna)
    Group.objects.filter(pk=group.pk).delete()
    event = told(events, "group_change")[-1]
    assert (event.object_label, event.context_data) == ("Staff", {"of": "auth.User", "removed": ["anna"]})


def test_whoever_loses_a_permission_that_is_deleted_is_told(anna: User, events: Captured) -> None:
    permission = Permission.objects.all()[0]
    Group.objects.create(name="Staff").permissions.add(permission)
    anna.user_permissions.add(permission)
    permission.delete()
    lost = [event.context_data for event in told(events, "permission_change")[-2:]]
    assert lost == [{"of": "auth.User", "removed": ["anna"]}, {"of": "auth.Group", "removed": ["Staff"]}]


def test_a_user_without_a_text_can_be_given_a_group(anna: User, events: Captured, monkeypatch: Any) -> None:
    monkeypatch.setattr(User, "__str__", lambda self: self.nothing)
    Group.objects.create(name="Staff").user_set.add(anna)
    assert told(events, "group_change")[-1].context_data["added"] == [f"user {anna.pk}"]


def test_permissions_are_told_by_name(anna: User, events: Captured) -> None:
    change = Permission.objects.get(codename="change_order")
    group = Group.objects.create(name="clerks")
    anna.user_permissions.set([change])
    group.permissions.add(change)
    group.permissions.set([])
    assert [(event.object_label, event.context_data) for event in told(events, "permission_change")] == [
        ("anna", {"of": "auth.Permission", "added": ["shop.change_order"]}),
        ("clerks", {"of": "auth.Permission", "added": ["shop.change_order"]}),
        ("clerks", {"of": "auth.Permission", "removed": ["shop.change_order"]}),
    ]


def test_without_system_events_rights_are_not_told(anna: User, events: Captured, audit: Any) -> None:
    audit(SYSTEM_EVENTS=False, MODELS=[])
    anna.groups.add(Group.objects.create(name="clerks"))
    anna.set_password("new")
    anna.save()
    assert len(events) == 0
