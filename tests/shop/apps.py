"""The tests' shop, as an application."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Models of every kind that capture must understand."""

    name = "tests.shop"
