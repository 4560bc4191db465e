"""A shop's models: one for each kind of model and field that capture must understand.

Visit and Reading are not tracked.
"""

import uuid
from decimal import Decimal

import django
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.functions import Upper

from auditsearch.managers import DataLoggingManager


class Customer(models.Model):
    """Someone who buys; `friend` points to the same table."""

    name = models.CharField(max_length=200)
    friend = models.ForeignKey("self", models.SET_NULL, null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """Ten fields, and a text that follows the foreign key."""

    class Status(models.TextChoices):
        """Where an order stands."""

        NEW = "new", "New"
        PAID = "paid", "Paid"

    number = models.CharField(max_length=50, default="A-1")
    customer = models.ForeignKey(Customer, models.CASCADE)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    amount = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal("0.00"))
    quantity = models.IntegerField(default=1)
    weight = models.FloatField(null=True)
    paid = models.BooleanField(default=False)
    placed = models.DateField(null=True)
    due = models.DateTimeField(null=True)
    modified = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.number} of {self.customer}"


class RushOrder(Order):
    """A proxy."""

    class Meta:
        proxy = True


class Line(models.Model):
    """A tracked child that goes with its order."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    text = models.CharField(max_length=200, default="")

    def __str__(self) -> str:
        return self.text


class Visit(models.Model):
    """Not tracked; goes with its customer."""

    customer = models.ForeignKey(Customer, models.CASCADE)

    def __str__(self) -> str:
        return f"visit {self.pk}"


class Document(models.Model):
    """A key made by the application, and values that can be changed in place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    data = models.JSONField(default=dict, null=True)
    file = models.FileField(upload_to="documents", blank=True)
    blob = models.BinaryField(default=b"")
    title = models.CharField(max_length=200, default="")

    def __str__(self) -> str:
        return self.title


class Place(models.Model):
    """A parent with its own table."""

    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Restaurant(Place):
    """A child in a second table, tracked because its parent is."""

    stars = models.IntegerField(default=0)


class Code(models.Model):
    """A natural key."""

    code = models.CharField(max_length=20, primary_key=True)
    text = models.CharField(max_length=200, default="")

    def __str__(self) -> str:
        return self.text


class Price(models.Model):
    """Tracked by its manager alone."""

    amount = models.IntegerField(default=0)

    objects = DataLoggingManager()

    def __str__(self) -> str:
        return f"{self.amount}"


class Account(models.Model):
    """Secrets, plain and nested, and a text that cannot be had."""

    username = models.CharField(max_length=50)
    password = models.CharField(max_length=128, default="")
    options = models.JSONField(default=dict)

    def __str__(self) -> str:
        raise RuntimeError("no text today")


class Tag(models.Model):
    """What posts can be tagged with."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Remark(models.Model):
    """Something said of an object of any kind."""

    text = models.CharField(max_length=200)
    content_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)  # made before that table
    object_id = models.CharField(max_length=50)
    target = GenericForeignKey()

    def __str__(self) -> str:
        return self.text


class Post(models.Model):
    """Many to many: plain, to itself, and through a model of its own; and a generic relation."""

    title = models.CharField(max_length=200)
    tags = models.ManyToManyField(Tag, related_name="posts")
    alike = models.ManyToManyField("self")
    readers = models.ManyToManyField(Customer, through="Reading", related_name="posts")
    remarks = GenericRelation(Remark)

    def __str__(self) -> str:
        return self.title


class Reading(models.Model):
    """Who read which post, and how long."""

    post = models.ForeignKey(Post, models.CASCADE)
    customer = models.ForeignKey(Customer, models.CASCADE)
    minutes = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"reading {self.pk}"


class Shelf(models.Model):
    """Known by its mark, which is not its key. Not tracked."""

    mark = models.CharField(max_length=20, unique=True)

    def __str__(self) -> str:
        return self.mark


class Book(models.Model):
    """Stands on a shelf, and knows it by its mark. Not tracked."""

    title = models.CharField(max_length=200, default="")
    shelf = models.ForeignKey(Shelf, models.CASCADE, to_field="mark", related_name="books", null=True)

    def __str__(self) -> str:
        return self.title


if django.VERSION >= (5, 0):

    class Measure(models.Model):
        """Values that the database makes."""

        name = models.CharField(max_length=50, default="x")
        unit = models.CharField(max_length=10, db_default="kg")
        shout = models.GeneratedField(
            expression=Upper("name"), output_field=models.CharField(max_length=50), db_persist=True
        )

        def __str__(self) -> str:
            return self.name
