"""A legal hold names what it holds, binds until it alone is lifted, and each step is told with its reason."""

from __future__ import annotations

import pytest

from auditsearch.backends.memory import MemoryBackend
from auditsearch.life import holds
from auditsearch.testing import captured_events
from tests.factories import canonical, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])


@pytest.mark.parametrize("members", [{}, {"suid": ""}, {"object_id": "7", "objekt": "shop.Order"}])
def test_a_hold_that_names_nothing_or_what_there_is_not_is_refused(members):
    with pytest.raises(holds.WrongHold, match="what is held"):
        holds.place("a case", **members)
    assert holds.in_force() == []


@pytest.mark.parametrize("name", holds.MEMBERS)
def test_a_hold_binds_what_it_names_and_nothing_else(name):
    backend, field = MemoryBackend(), {"user_name": "user", "log_name": "log"}.get(name, name)
    backend.index([event(**{field: "held"}), event(**{field: "Held"}), event(**{field: None})])
    hold = holds.place("a case", **{name: "held"})
    texts = [canonical(**{field: value}) for value in ("held", "Held", "held too", None)]
    assert [holds.holding([hold], text) for text in texts] == [True, False, False, False]
    assert holds.binding(backend, hold) == 1


def test_of_several_names_all_must_fit():
    hold = holds.place("a case", object_type="shop.Order", object_id="7")
    assert holds.holding([hold], canonical())
    assert not holds.holding([hold], canonical(object_id="8"))
    assert not holds.holding([], canonical())


def test_one_that_is_lifted_leaves_the_others_in_force():
    first, second = holds.place("a case", suid="1"), holds.place("another", suid="2")
    holds.lift(first.pk, "closed")
    assert holds.in_force() == [second]


def test_a_hold_is_lifted_once_and_with_a_reason():
    hold = holds.place("a case", suid="1")
    with pytest.raises(holds.WrongHold, match="Say why"):
        holds.lift(hold.pk, " ")
    holds.lift(hold.pk, "closed")
    with pytest.raises(holds.WrongHold, match=f"No hold {hold.pk} is in force"):
        holds.lift(hold.pk, "again")


def test_each_step_is_told_with_what_is_held_and_why():
    with captured_events() as events:
        number = holds.place("a case", log_name="court").pk
        holds.lift(number, "closed")
    assert [one.context_data for one in events] == [
        {"hold": number, "reason": "a case", "held": {"log_name": "court"}},
        {"hold": number, "reason": "closed"},
    ]
    assert [one.verbose.partition(": ")[2] for one in events] == ["log_name court (a case)"] * 2
    assert events[1].level == "WARNING"
