"""An archive answers as the store did that it was made of."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import QueryError
from auditsearch.life import spool
from auditsearch.life.archive import archive
from auditsearch.life.archived import ArchivedEvents
from auditsearch.search import Events
from tests.factories import NOON, event

pytestmark = pytest.mark.django_db(databases=["default", "other"])

DAY = 86_400_000_000


@pytest.fixture
def backend():
    """Events of two months and the edge, whose times overlap, with one that only the oracle can tell."""
    store = MemoryBackend()
    names = ["auditsearch-2026.10", "auditsearch-2026.11", "auditsearch-edge"]
    users = ["Анна", "Eve", None]
    long = "x" * 300 + "end"
    store.index(
        [
            event(
                partition=names[n % 3],
                ts=NOON + n * DAY - 40 * DAY * (n % 3 == 0),
                user=users[n % 2],
                verbose=long * (n == 4),
            )
            for n in range(12)
        ]
    )
    return store


@pytest.fixture
def paths(backend, tmp_path):
    return [made.path for made in archive(backend, tmp_path)]


QUESTIONS = [
    {},
    {"user": "Анна"},
    {"user__icontains": "АНН"},
    {"search": "order"},
    {"timestamp__gte": "2026-11-24T00:00Z"},
    {"verbose__contains": "x" * 100},
    {"verbose__regex": "x{3}end"},
    {"id__in": []},
]


@pytest.mark.parametrize("keywords", QUESTIONS, ids=str)
@pytest.mark.parametrize("order", ["timestamp", "-timestamp"])
def test_an_archive_answers_as_the_store_did(backend, paths, keywords, order):
    there = Events(backend=backend).filter(**keywords).order_by(order)
    here = ArchivedEvents.of(there, paths)
    assert ([one.id for one in here], here.count()) == ([one.id for one in there], there.count())
    assert [one.id for one in here[1:3]] == [one.id for one in there[1:3]]


def test_values_are_counted_as_the_store_counts_them(backend, paths):
    assert ArchivedEvents.of(Events(), paths).facets("user") == Events(backend=backend).facets("user")


@pytest.mark.parametrize("order", ["timestamp", "-timestamp"])
def test_more_hits_than_memory_holds_are_in_order_and_each_once(backend, paths, monkeypatch, order):
    monkeypatch.setattr(spool, "RUN", 1500)
    monkeypatch.setattr(spool, "MOST", 2)
    here = ArchivedEvents.of(Events().order_by(order), [*paths, *paths])
    assert [one.id for one in here] == [one.id for one in Events(backend=backend).order_by(order)]


def test_an_event_in_two_archives_is_one_event(backend, paths, tmp_path, settings):
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"ARCHIVE_FILENAME_TEMPLATE": "again"}
    both = [*paths, *(made.path for made in archive(backend, tmp_path))]
    assert ArchivedEvents.of(Events(), both).count() == 12


def test_what_an_archive_can_not_do_is_told(paths):
    events = ArchivedEvents.of(Events(), paths)
    for ask in (lambda: list(events.order_by("user")), events.histogram, events.aggregate, events.page):
        with pytest.raises(QueryError, match=r"[Rr]estore"):
            ask()
    with pytest.raises(QueryError, match="can't be counted"):
        events.facets("colour")


def test_the_search_command_asks_an_archive(paths, capsys):
    call_command("auditsearch_search", "user=Анна", "--archive", str(paths[0]), "--format", "json")
    assert len(capsys.readouterr().out.splitlines()) == 6
    with pytest.raises(CommandError, match="--follow"):
        call_command("auditsearch_search", "--archive", str(paths[0]), "--follow")
