"""Networks, parts of the time, and words that begin so or are alike, on every store."""

from __future__ import annotations

from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import override_settings

from auditsearch.backends.base import Backend
from auditsearch.query.networks import within
from auditsearch.query.tree import Where
from tests.contract.shelf import Shelf
from tests.factories import NOON

ADDRESSES = [
    "10.0.0.5",
    "10.200.1.9",
    "10.x",
    "9.255.255.255",
    "110.0.0.5",
    "2001:db8::5",
    "2001:0DB8:0::7",
    "::1",
    "-",
]
DAY = 86_400_000_000


@pytest.mark.parametrize(
    "network",
    ["10.0.0.0/8", "10.128.0.0/9", "10.0.0.5", "10.0.0.4/31", "0.0.0.0/0", "2001:db8::/32", "::/0", "::1/128"],
)
def test_an_address_lies_in_a_network(shelf: Shelf, network: str) -> None:
    shelf.put(*({"ip": address} for address in ADDRESSES))
    shelf.agrees(ip__cidr=network)


@pytest.mark.parametrize("bits", range(33))
def test_every_network_has_a_form_that_servers_take(bits: int) -> None:
    where = Where("ip", "cidr", ip_network(f"203.0.113.201/{bits}", strict=False))
    assert len(within(where).value.lucene()) < 900  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def days(backend: Backend) -> Shelf:
    """An event every 9 hours and 20 minutes over a year's end, whose number is where it lies."""
    shelf = Shelf(backend)
    shelf.put(*({"ts": NOON + number * 33_600_000_000} for number in range(0, 120, 3)))
    return shelf


@pytest.mark.parametrize(
    "asked",
    [
        {"date": "2026-11-23"},
        {"date__range": (date(2026, 11, 25), date(2026, 12, 1))},
        {"date__gt": date(2026, 12, 1)},
        {"date__lte": date(2026, 12, 1)},
        {"year": 2027},
        {"year__lt": 2027},
        {"quarter": 4},
        {"month__in": [1, 11]},
        {"day__gte": 20},
        {"week_day": 1},
        {"iso_week_day__lt": 6},
        {"hour__range": (8, 12)},
        {"hour__gt": 23},
    ],
    ids=str,
)
def test_a_part_of_the_time_means_the_same_everywhere(days: Shelf, asked: dict[str, Any]) -> None:
    days.agrees(**{f"timestamp__{name}": value for name, value in asked.items()})


def test_a_date_holds_its_midnight_and_not_the_next(shelf: Shelf) -> None:
    midnight = NOON - 13 * 3_600_000_000  # 2026-11-22T00:00 in Lagos
    shelf.put(*({"ts": ts} for ts in (midnight - 1, midnight, midnight + DAY - 1, midnight + DAY)))
    assert shelf.ask(timestamp__date="2026-11-22") == {1, 2}
    assert shelf.ask(timestamp__date__in=["2026-11-23", "2026-11-21", "2026-11-21"]) == {0, 3}
    days = [date(2026, 11, 22) + timedelta(days=n) for n in range(-1_000, 1)]
    assert shelf.ask(timestamp__date__in=days[::-1]) == {0, 1, 2}
    assert shelf.ask(timestamp__week_day=1) == shelf.ask(timestamp__iso_week_day=7) == {1, 2}


@pytest.mark.parametrize("word", ["отч", "отчет", "отчётн", "a", "birth cert"])
def test_words_begin_so(shelf: Shelf, word: str) -> None:
    shelf.put(*({"verbose": text} for text in ("Отчёт сдан", "отчетность", "отчий дом", "birth_certificate", "ab")))
    shelf.agrees(search__prefix=word)


def test_words_are_alike(shelf: Shelf) -> None:
    shelf.put(*({"verbose": text, "object_label": None} for text in ("report", "reprot", "raports", "отчёт", "оч")))
    assert shelf.ask(search__fuzzy="report") == {0, 1, 2}
    assert shelf.ask(search__fuzzy="очёт") == {3}
    assert shelf.ask(search__fuzzy="ох") == shelf.ask(search__fuzzy="otherwise") == set()


@override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": ["ru", "en"]})
def test_search_finds_other_forms_of_both_languages_at_once(shelf: Shelf) -> None:
    shelf.put({"verbose": "Проверены отчёты"}, {"verbose": "two payments"}, {"verbose": "отчётами о paid payment"})
    assert shelf.ask(search="отчёт") == {0, 2}
    assert shelf.ask(search="ОТЧЁТОВ payments") == {2}
    assert shelf.ask(phrase="проверены отчёт") == set()
    shelf.agrees(search="отчёту", verbose__contains="two")


def test_events_stored_without_languages_are_found_by_their_words(shelf: Shelf) -> None:
    shelf.put({"verbose": "отчёт сдан"})
    with override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": ["ru"]}):
        assert shelf.ask(search="отчёт") == {0}
