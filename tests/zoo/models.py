"""A zoo: keys, relations and inheritance of every kind that Django has."""

# ruff: noqa: DJ008, DJ012 - nobody reads what these are called
import uuid
from typing import Any

import django
from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from taggit.managers import TaggableManager
from taggit.models import TaggedItemBase

from tests.zoo.colours import Colour, Shade

__all__ = ["Colour", "Shade"]


class Keeper(AbstractUser):
    """The site's own user model."""


class House(models.Model):
    """Known to others by its mark, too; some of its managers leave rows out."""

    class Open(models.Manager[Any]):
        """Houses that are not closed."""

        def get_queryset(self) -> Any:
            """Leave closed ones out."""
            return super().get_queryset().filter(size__gte=0)

    mark = models.CharField(max_length=20, unique=True)
    size = models.IntegerField(default=0)
    rank = models.IntegerField(default=0)
    objects = Open()
    everything = models.Manager()


class Text(models.Model):
    """A text for a key."""

    id = models.CharField(primary_key=True, max_length=20)
    size = models.IntegerField(default=0)


class Random(models.Model):
    """A UUID for a key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    size = models.IntegerField(default=0)


class Roof(models.Model):
    """Its key is that of its house."""

    house = models.OneToOneField(House, models.CASCADE, primary_key=True)
    size = models.IntegerField(default=0)


class Foreign(models.Model):
    """A table that Django does not make."""

    size = models.IntegerField(default=0)

    class Meta:
        managed = False
        db_table = "foreign_table"


def spare() -> House:
    """The house for those that have lost theirs."""
    return House.everything.get_or_create(mark="spare")[0]


class Left(models.Model):
    """What happens when a house goes."""

    none = models.ForeignKey(House, models.SET_NULL, null=True, related_name="+")
    default = models.ForeignKey(House, models.SET_DEFAULT, null=True, default=None, related_name="+")
    other = models.ForeignKey(House, models.SET(spare), null=True, related_name="+")
    nothing = models.ForeignKey(House, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    marked = models.ForeignKey(House, models.SET_NULL, null=True, related_name="+", to_field="mark")
    restricted = models.ForeignKey(House, models.RESTRICT, null=True, related_name="+")
    protected = models.ForeignKey(House, models.PROTECT, null=True, related_name="+")


class Beast(models.Model):
    """One of two parents of a child."""

    beast_id = models.AutoField(primary_key=True)
    legs = models.IntegerField(default=0)


class Guest(models.Model):
    """The other one."""

    guest_id = models.AutoField(primary_key=True)
    nights = models.IntegerField(default=0)


class Bear(Beast, Guest):
    """A child of two tables."""

    honey = models.IntegerField(default=0)


class Cub(Bear):
    """A child's child."""

    toys = models.IntegerField(default=0)


class Dancer(Bear):
    """A proxy of a child."""

    class Meta:
        proxy = True


class Sign(models.Model):
    """Hangs on any object."""

    text = models.CharField(max_length=20, default="")
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey()


class Ticket(models.Model):
    """Many to many of three kinds, signs, and itself."""

    name = models.CharField(max_length=20, default="")
    house = models.ForeignKey(House, models.CASCADE, to_field="mark", related_name="tickets", null=True)
    up = models.ForeignKey("self", models.CASCADE, null=True)
    signs = GenericRelation(Sign)
    plain = models.ManyToManyField(House, related_name="fans")
    through = models.ManyToManyField(House, through="Visit", related_name="visitors")


class Visit(models.Model):
    """Between tickets and houses, which it knows by their mark."""

    ticket = models.ForeignKey(Ticket, models.CASCADE)
    house = models.ForeignKey(House, models.CASCADE, to_field="mark")
    hours = models.IntegerField(default=0)


class Tagged(TaggedItemBase):
    """Between a book and its tags."""

    content_object = models.ForeignKey("Book", models.CASCADE)


class Book(models.Model):
    """Its tags look like many to many, and are not Django's."""

    tags = TaggableManager(through=Tagged)


if django.VERSION >= (5, 2):
    from django.db.models.functions import Now

    class Pair(models.Model):
        """A composite key."""

        pk = models.CompositePrimaryKey("left", "right")
        left = models.IntegerField()
        right = models.CharField(max_length=5)
        size = models.IntegerField(default=0)

    class Made(models.Model):
        """Values that the database makes."""

        size = models.IntegerField(default=0)
        given = models.IntegerField(db_default=7)
        at = models.DateTimeField(db_default=Now())
        twice = models.GeneratedField(
            expression=models.F("size") * 2, output_field=models.IntegerField(), db_persist=True
        )
