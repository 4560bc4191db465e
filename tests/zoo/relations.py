"""Ways to write through relations, tables of children, and deletes."""

from __future__ import annotations

from tests.zoo.hands import Ways, changed, house, houses, refused, ticket, with_honey
from tests.zoo.models import Bear, Beast, Book, Cub, Dancer, Guest, Left, Sign, Ticket, Visit


def related() -> Ways:
    """The other side of a foreign key, to a column that is no primary key."""
    return {
        "reverse create": lambda: house().tickets.create(name="t"),
        "reverse get_or_create": lambda: house().tickets.get_or_create(name="u"),
        "reverse update_or_create": lambda: house().tickets.update_or_create(name="u", defaults={"name": "v"}),
        "reverse add": lambda: house("c").tickets.add(ticket()),
        "reverse add(bulk=False)": lambda: house("d").tickets.add(ticket(), bulk=False),
        "reverse set": lambda: house("c").tickets.set(Ticket.objects.all()),
        "reverse remove": lambda: house("c").tickets.remove(ticket()),
        "reverse clear": lambda: house("c").tickets.clear(),
        "reverse aadd": lambda: house("c").tickets.aadd(ticket()),
        "update of a foreign key": lambda: Ticket.objects.update(house=house("a")),
        "update by a relation": lambda: Ticket.objects.filter(house__mark="a").update(name="w"),
    }


def between() -> Ways:
    """Many to many, through tables of Django's own and others."""
    a, c = house, lambda: house("c")
    return {
        "m2m add": lambda: ticket().plain.add(a(), c()),
        "m2m remove": lambda: ticket().plain.remove(a()),
        "m2m set": lambda: ticket().plain.set([a(), house("d")]),
        "m2m set(clear=True)": lambda: ticket().plain.set([c()], clear=True),
        "m2m create": lambda: ticket().plain.create(mark="m2m"),
        "m2m get_or_create": lambda: ticket().plain.get_or_create(mark="m2m 2"),
        "m2m update_or_create": lambda: ticket().plain.update_or_create(mark="m2m 2", defaults={"rank": 3}),
        "m2m update": lambda: ticket().plain.update(rank=99),
        "m2m clear": lambda: ticket().plain.clear(),
        "m2m from the other side": lambda: a().fans.set(Ticket.objects.all()),
        "m2m aset": lambda: a().fans.aset([]),
        "add(through_defaults=...)": lambda: ticket().through.add(a(), c(), through_defaults={"hours": 2}),
        "set of a through model": lambda: ticket().through.set([a(), house("d")], through_defaults={"hours": 1}),
        "through from the other side": lambda: c().visitors.add(ticket()),
        "the through model itself": lambda: changed(Visit.objects.create(ticket=ticket(), house=c()), hours=3).delete(),
        "clear of a through model": lambda: ticket().through.clear(),
    }


def generic() -> Ways:
    """Generic relations."""
    return {
        "generic create": lambda: ticket().signs.create(text="a"),
        "generic set": lambda: Ticket.objects.create().signs.set(Sign.objects.all()),
        "generic add": lambda: ticket().signs.add(Sign.objects.get()),
        "generic add(bulk=False)": lambda: Ticket.objects.last().signs.add(Sign.objects.get(), bulk=False),
        "generic target": lambda: changed(Sign.objects.get(), target=ticket()),
        "generic remove": lambda: ticket().signs.remove(Sign.objects.get()),
        "generic clear": lambda: (ticket().signs.create(text="b"), ticket().signs.clear()),
    }


def tagged() -> Ways:
    """Tags of django-taggit."""
    return {
        "tags add": lambda: Book.objects.create().tags.add("red", "blue"),
        "tags set": lambda: Book.objects.get().tags.set(["blue", "green"]),
        "tags remove": lambda: Book.objects.get().tags.remove("blue"),
        "tags clear": lambda: Book.objects.get().tags.clear(),
    }


def tables() -> Ways:
    """Children of more than one table."""
    return {
        "child create": lambda: Cub.objects.create(legs=4, nights=1, honey=2, toys=3),
        "child save": lambda: changed(Cub.objects.get(), nights=5, toys=6),
        "child save(update_fields=...)": lambda: changed(Cub.objects.get(), legs=3, save={"update_fields": ["legs"]}),
        "child update": lambda: Cub.objects.update(legs=7, honey=8),
        "update of a parent's field": lambda: Bear.objects.update(nights=9),
        "update of the parent": lambda: Beast.objects.update(legs=1),
        "child bulk_update": lambda: Bear.objects.bulk_update(
            [with_honey(bear) for bear in Bear.objects.all()], ["honey", "legs"]
        ),
        "proxy update": lambda: Dancer.objects.update(honey=30),
        "a child for a parent": lambda: Cub(bear_ptr=Bear.objects.filter(cub=None)[0], toys=1).save_base(raw=True),
        "delete(keep_parents=True)": lambda: Cub.objects.last().delete(keep_parents=True),
        "delete through a proxy": lambda: Dancer.objects.filter(cub=None).delete(),
        "delete through a parent": lambda: Guest.objects.all().delete(),
        "delete of what is left": lambda: (Bear.objects.create(), Beast.objects.all().delete()),
    }


def going() -> Ways:
    """Deletes, and what they leave."""
    kinds = ("none", "default", "other", "nothing", "marked")
    return {
        "what will be left": lambda: [Left.objects.create(**{kind: house()}) for kind in kinds],
        "delete with all kinds of on_delete": lambda: house().delete(),
        "what restricts": lambda: Left.objects.create(restricted=house("c"), protected=house("d")),
        "delete that is refused": lambda: (refused(house("c")), refused(house("d")), Left.objects.last().delete()),
        "cascade to a mark": lambda: (house("c").tickets.create(), house("c").delete()),
        "cascade to itself": lambda: (
            Ticket.objects.create(up=Ticket.objects.create()),
            Ticket.objects.filter(up=None).delete(),
        ),
        "delete of many": lambda: houses.filter(size__gt=0).delete(),
        "delete by a subquery": lambda: houses.filter(pk__in=houses.exclude(mark="spare").values("pk")).delete(),
    }
