"""The shop as an application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Customers, products, orders."""

    name = "example.shop"
