"""Keys of a class of the application's own, as ULIDs, hashed numbers and countries are."""

# ruff: noqa: DJ008 - nobody reads what these are called
from __future__ import annotations

from functools import total_ordering
from typing import Any

from django.db import models


@total_ordering
class Name:
    """The name of a colour."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Name) and self.text == other.text

    def __lt__(self, other: Name) -> bool:
        return self.text < other.text

    def __hash__(self) -> int:
        return hash(self.text)


class NameField(models.CharField):
    """Gives names, and takes texts, too."""

    def to_python(self, value: Any) -> Any:
        """Make a name of a text."""
        return value if value is None or isinstance(value, Name) else Name(value)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        """Make a name of what the database gave."""
        return self.to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        """Make a text of a name."""
        return value if value is None else str(value)


class Colour(models.Model):
    """Its key is a name."""

    id = NameField(primary_key=True, max_length=20)
    size = models.IntegerField(default=0)
    near = models.ManyToManyField("self", symmetrical=False)


class Shade(models.Model):
    """Belongs to a colour."""

    colour = models.ForeignKey(Colour, models.CASCADE)
    size = models.IntegerField(default=0)
