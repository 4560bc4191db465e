"""What the ways have in common: finding something in the zoo, and changing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import ProtectedError, RestrictedError

from tests.zoo.models import Bear, House, Ticket

Ways = dict[str, Callable[[], Any]]
"""Name -> what does it, and returns anything; a coroutine is awaited."""

houses = House.everything


def changed(instance: Any, *, save: dict[str, Any] | None = None, **values: Any) -> Any:
    """Set values and save."""
    for name, value in values.items():
        setattr(instance, name, value)
    instance.save(**save or {})
    return instance


def house(mark: str = "a") -> House:
    """A house as the database gives it."""
    return houses.get(mark=mark)


def ticket() -> Ticket:
    """The first ticket as the database gives it."""
    return Ticket.objects.order_by("pk")[0]


def resized(rows: Any) -> list[Any]:
    """Objects with another size."""
    found = list(rows)
    for each in found:
        each.size += 1
    return found


def changed_to(instance: House, rank: Any) -> House:
    """Set a rank without saving."""
    instance.rank = rank
    return instance


def with_honey(bear: Bear) -> Bear:
    """Set values of both tables without saving."""
    bear.honey, bear.legs = bear.honey + 1, bear.legs + 1
    return bear


def refused(instance: House) -> None:
    """Try to delete what others hold."""
    try:
        instance.delete()
    except (ProtectedError, RestrictedError):
        return
    raise AssertionError(f"{instance.mark} could be deleted")
