"""What can be done with an order. Each step is one transaction."""

from django.db import transaction

from auditsearch.api import record
from example.shop.models import Order


class OutOfStockError(Exception):
    """There is less of a product than was ordered; the message says how much."""


@transaction.atomic
def place(customer, wanted, note=""):
    """Create an order of `wanted`, pairs of product and quantity, and take them from the stock."""
    order = Order.objects.create(customer=customer, note=note)
    for product, quantity in wanted:
        _take(product, quantity)
        order.lines.create(product=product, quantity=quantity, price=product.price)
        order.total += product.price * quantity
    order.save()
    return order


def _take(product, quantity):
    if product.stock < quantity:
        raise OutOfStockError(f"{product}: {quantity} wanted, {product.stock} left")
    product.stock -= quantity
    product.save()


@transaction.atomic
def pay(order):
    """The money is here."""
    order.status = Order.Status.PAID
    order.save()


@transaction.atomic
def cancel(order, reason):
    """Give the goods back to the stock. Why is no column of the order: it is an event of its own."""
    for line in order.lines.select_related("product"):
        line.product.stock += line.quantity
        line.product.save()
    order.status = Order.Status.CANCELLED
    order.save()
    record("order_cancelled", object=order, verbose=f"{order} cancelled: {reason}", reason=reason)
