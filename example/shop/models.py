"""Customers, products, orders and their lines. Nothing here knows of auditsearch."""

from decimal import Decimal

from django.db import models


class Customer(models.Model):
    """Someone who buys."""

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    city = models.CharField(max_length=100, blank=True)

    def __str__(self):
        return self.name


class Product(models.Model):
    """Something on sale, and how much of it is left."""

    name = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.PositiveIntegerField(default=0)

    def __str__(self):
        return self.name


class Order(models.Model):
    """What a customer wants."""

    class Status(models.TextChoices):
        """Where an order stands."""

        NEW = "new"
        PAID = "paid"
        CANCELLED = "cancelled"

    customer = models.ForeignKey(Customer, models.PROTECT)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    note = models.CharField(max_length=500, blank=True)
    total = models.DecimalField(max_digits=10, decimal_places=2, default=Decimal(0))
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"order {self.pk}"


class OrderLine(models.Model):
    """How much of one product, at which price."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT)
    quantity = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)

    def __str__(self):
        return f"line {self.pk} of order {self.order_id}"
