"""The ways, in an order in which each finds what it changes."""

from __future__ import annotations

import django
from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from tests.zoo import models as zoo
from tests.zoo import relations
from tests.zoo.colours import Name
from tests.zoo.hands import Ways, changed, changed_to, house, houses, resized
from tests.zoo.models import Colour, Dancer, Foreign, House, Keeper, Random, Roof, Shade, Text


def ways() -> Ways:
    """All of them."""
    own = saving() | keys() | colours() | many() | awaited()
    through = relations.related() | relations.between() | relations.generic() | relations.tagged() | relations.tables()
    return own | through | newer() | relations.going()


def saving() -> Ways:
    """Saves of one object."""
    return {
        "create": lambda: houses.create(mark="a"),
        "save(force_insert=True)": lambda: House(mark="b").save(force_insert=True),
        "save(force_update=True)": lambda: changed(house(), size=2, save={"force_update": True}),
        "save(update_fields=...)": lambda: changed(house(), size=3, rank=9, save={"update_fields": ["size"]}),
        "save_base(raw=True)": lambda: House(mark="raw").save_base(raw=True),
        "F() on save": lambda: changed(house(), size=F("size") + 1),
        "only() and save": lambda: changed(houses.only("id").get(mark="a"), rank=4),
        "defer() and save": lambda: changed(houses.defer("mark").get(mark="a"), rank=5),
        "a row that the manager hides": lambda: changed(changed(house("b"), size=-1), rank=1),
        "select_for_update and save": transaction.atomic(
            lambda: changed(houses.select_for_update().get(mark="a"), rank=6)
        ),
        "get_or_create": lambda: houses.get_or_create(mark="c"),
        "update_or_create, new": lambda: houses.update_or_create(mark="d", defaults={"size": 5}),
        "update_or_create, known": lambda: houses.update_or_create(mark="d", defaults={"size": 6}),
        "raw query and save": lambda: changed(next(iter(houses.raw("SELECT id, mark FROM zoo_house"))), rank=77),
        "refresh_from_db and save": lambda: (
            one := house(),
            one.refresh_from_db(fields=["rank"]),
            changed(one, size=21),
        ),
        "a proxy": lambda: Dancer.objects.create(legs=4),
        "the site's user": lambda: Keeper.objects.create_user("anna", password="x"),
        "its new password": lambda: (anna := Keeper.objects.get(), anna.set_password("y"), anna.save()),
        "a table that Django did not make": lambda: changed(Foreign.objects.create(), size=1).delete(),
    }


def keys() -> Ways:
    """Keys that are no numbers."""
    return {
        "a text for a key": lambda: changed(Text.objects.create(id="x"), size=1),
        "a key that is there already": lambda: Text(id="x", size=5).save(),
        "another key": lambda: Text.objects.filter(id="x").update(id="y"),
        "bulk_create with keys": lambda: Text.objects.bulk_create([Text(id="m"), Text(id="n")]),
        "bulk_update by text": lambda: Text.objects.bulk_update(resized(Text.objects.all()), ["size"], batch_size=1),
        "a UUID": lambda: changed(Random.objects.create(), size=1),
        "update by a UUID's text": lambda: Random.objects.filter(pk=str(Random.objects.get().pk)).update(size=9),
        "bulk_update by UUID": lambda: Random.objects.bulk_update(resized(Random.objects.all()), ["size"]),
        "delete by UUID": lambda: Random.objects.all().delete(),
        "a key that is a relation": lambda: changed(Roof.objects.create(house=house()), size=1),
        "its rows at once": lambda: Roof.objects.update(size=F("size") + 1),
    }


def colours() -> Ways:
    """Keys of a class of the application's own."""
    red = lambda: Colour.objects.get(pk="red")  # noqa: E731 - it is said once
    return {
        "a name for a key": lambda: changed(Colour.objects.create(id="red"), size=1),
        "bulk_create of names": lambda: Colour.objects.bulk_create([Colour(id="tan"), Colour(id=Name("sky"))]),
        "bulk_update by name": lambda: Colour.objects.bulk_update(resized(Colour.objects.all()), ["size"]),
        "update by name": lambda: Colour.objects.filter(pk=Name("red")).update(size=9),
        "a key that is a name": lambda: Shade.objects.create(colour=red()),
        "another name": lambda: changed(Shade.objects.get(), colour_id=Name("sky")),
        "m2m of names": lambda: red().near.set(["tan", Name("sky")]),
        "m2m of names from the other side": lambda: red().colour_set.add("sky"),
        "m2m of names cleared": lambda: red().colour_set.clear(),
        "delete by name": lambda: Colour.objects.filter(pk="tan").delete(),
        "cascade from a name": lambda: Colour.objects.get(pk="sky").delete(),
        "delete of all names": lambda: Colour.objects.all().delete(),
    }


def many() -> Ways:
    """Many rows at once."""
    first = Case(When(mark="a", then=Value(100)), default=F("size") + 1)
    return {
        "bulk_create": lambda: houses.bulk_create([House(mark=f"n{n}") for n in range(5)], batch_size=2),
        "bulk_update": lambda: houses.bulk_update(resized(houses.all()), ["size"], batch_size=3),
        "bulk_update of expressions": lambda: houses.bulk_update([changed_to(house(), F("rank") + 1)], ["rank"]),
        "update": lambda: houses.filter(mark__startswith="n").update(rank=3),
        "update of expressions": lambda: houses.update(size=first, rank=F("size")),
        "update by annotation": lambda: houses.annotate(n=F("size") + 1).order_by("n").update(rank=F("n")),
        "update of excluded": lambda: houses.exclude(Q(mark="a") | Q(size=3)).distinct().update(rank=11),
        "update by a subquery": lambda: houses.filter(pk__in=houses.filter(rank=11).values("pk")).update(rank=12),
        "update of ordered slices' keys": lambda: houses.filter(
            pk__in=list(houses.order_by("pk").values_list("pk", flat=True)[:2])
        ).update(rank=13),
    }


def awaited() -> Ways:
    """The asynchronous names of all that."""
    return {
        "acreate": lambda: houses.acreate(mark="aa"),
        "aget_or_create": lambda: houses.aget_or_create(mark="ab"),
        "aupdate_or_create": lambda: houses.aupdate_or_create(mark="ab", defaults={"size": 8}),
        "abulk_create": lambda: houses.abulk_create([House(mark="ac")]),
        "abulk_update": lambda: houses.abulk_update(resized(houses.filter(mark="ac")), ["size"]),
        "aupdate": lambda: houses.filter(mark="ac").aupdate(rank=8),
        "asave": lambda: changed_to(house("ac"), 9).asave(),
        "adelete of an object": lambda: house("ac").adelete(),
        "adelete of a queryset": lambda: houses.filter(mark="ab").adelete(),
    }


def newer() -> Ways:
    """What Django has since 5.2; before 5.0 it did not tell the keys of upserts."""
    if django.VERSION < (5, 2):
        return {}
    pairs, made = zoo.Pair.objects, zoo.Made.objects
    upsert = {"update_conflicts": True, "unique_fields": ["left", "right"], "update_fields": ["size"]}
    return {
        "bulk_create(update_conflicts=True)": lambda: houses.bulk_create(
            [House(mark="n0", size=50)], update_conflicts=True, unique_fields=["mark"], update_fields=["size"]
        ),
        "create_defaults": lambda: houses.update_or_create(
            mark="cd", defaults={"size": 1}, create_defaults={"size": 2}
        ),
        "refresh_from_db(from_queryset=...)": lambda: (
            one := house(),
            one.refresh_from_db(from_queryset=houses.defer("size")),
            changed(one, rank=31),
        ),
        "a composite key": lambda: changed(pairs.create(left=1, right="x"), size=1),
        "its expression": lambda: changed(pairs.get(), size=F("size") + 1),
        "its update": lambda: pairs.filter(pk=(1, "x")).update(size=10),
        "its bulk_create": lambda: pairs.bulk_create([zoo.Pair(left=n, right="y") for n in range(2)]),
        "its bulk_update": lambda: pairs.bulk_update(resized(pairs.all()), ["size"]),
        "its upsert": lambda: pairs.bulk_create(
            [zoo.Pair(left=1, right="y", size=7), zoo.Pair(left=8, right="z")], **upsert
        ),
        "a part of it": lambda: pairs.filter(left=8).update(right="w"),
        "its delete": lambda: (pairs.get(left=8).delete(), pairs.all().delete()),
        "db_default and GeneratedField": lambda: changed(made.create(size=1), size=2),
        "their bulk_create": lambda: made.bulk_create([zoo.Made(size=1), zoo.Made(size=2, given=1)]),
        "their update": lambda: made.update(size=F("size") + 1),
        "their bulk_update": lambda: made.bulk_update(resized(made.all()), ["size"]),
        "their deferred save": lambda: changed(made.only("id")[0], size=9),
        "their delete": lambda: made.all().delete(),
    }
