"""The changes of bench-find, one of 40,000 with the word: made up alike for each library that stores them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from bench.corpus import CITIES, NAMES, START, STATUSES, SURNAMES, sentence

WORD = "апостиль"
EVERY = 40_000
"""Each so-many-th change has the word."""

BATCH = 2_000


def change(number: int) -> dict[str, Any]:
    """The n-th change: a person whose note and status were changed."""
    rng = random.Random(number)
    note = sentence(rng, 12) + (f" {WORD}" if number % EVERY == 20 else "")
    fields = {
        "surname": rng.choice(SURNAMES),
        "given_name": rng.choice(NAMES),
        "city": rng.choice(CITIES),
        "status": rng.choice(STATUSES),
        "note": note,
    }
    return {
        "pk": rng.randrange(1, 100_000),
        "fields": fields,
        "diff": {"note": [sentence(rng, 12), note]},
        "number": number,
    }


def batches(count: int, made: Callable[[dict[str, Any]], Any]) -> Iterator[list[Any]]:
    numbers = iter(range(count))
    while batch := [made(change(number)) for number in islice(numbers, BATCH)]:
        yield batch


def label(one: dict[str, Any]) -> str:
    return f"{one['fields']['surname']} {one['fields']['given_name']}"


def moment(one: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(START / 1e6, UTC) + timedelta(seconds=one["number"] * 7)
