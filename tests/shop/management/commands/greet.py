"""A command that changes something."""

from typing import Any

from django.core.management.base import BaseCommand

from tests.shop.models import Customer


class Command(BaseCommand):
    """Makes a customer."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it."""
        Customer.objects.create(name="by a command")
