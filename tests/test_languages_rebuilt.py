"""A change of SEARCH_LANGUAGES is noticed, and made good by a rebuild, in the SQLite file and on a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from auditsearch.backends.base import Sort
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.backends.sqlite_segment import segments
from auditsearch.life import rebuild
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.tree import ALL
from tests.factories import event

ORDER = [Sort("ts"), Sort("id")]


def speaking(*codes: str) -> override_settings:
    return override_settings(AUDITSEARCH={"SEARCH_LANGUAGES": list(codes)})


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[SQLiteBackend]:
    made = SQLiteBackend(tmp_path / "audit.sqlite3")
    yield made
    made.close()


def found(backend: SQLiteBackend, word: str) -> int:
    return backend.count(plan(tree_of(search=word)).sure)


def warned(backend: SQLiteBackend) -> list[str]:
    return [finding.message for finding in backend.status().findings if "SEARCH_LANGUAGES" in finding.message]


def sound(backend: SQLiteBackend) -> bool:
    """FTS5's own check of its index, which fails where words were taken away that were not there."""
    with backend._connection() as connection:
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    return True


def test_a_change_of_the_languages_is_noticed_and_done_by_a_rebuild(backend: SQLiteBackend) -> None:
    backend.index([event(verbose="отчёты приняты")])
    assert (found(backend, "отчётами"), warned(backend)) == (0, [])
    with speaking("ru"):
        assert len(warned(backend)) == 1
        assert backend.rebuild(lambda done, total: None) == 1
        assert (found(backend, "отчётами"), warned(backend)) == (1, [])
    assert len(warned(backend)) == 1
    backend.rebuild(lambda done, total: None)
    assert (found(backend, "отчётами"), found(backend, "отчёты"), warned(backend), sound(backend)) == (0, 1, [], True)


def test_events_taken_away_after_a_change_take_all_their_words_along(backend: SQLiteBackend) -> None:
    with speaking("ru"):
        old = event(verbose="отчёты приняты")
        backend.index([old, event(verbose="отчёт")])
    with speaking("en"):
        backend.delete(old.partition, [old.id])
    with speaking("ru"):
        assert (found(backend, "приняли"), found(backend, "отчётами"), sound(backend)) == (0, 1, True)


def test_segments_of_other_languages_are_not_mixed(backend: SQLiteBackend) -> None:
    for code in ("ru", "en"):
        with speaking(code):
            for _ in range(4):
                backend.index([event()])
    with backend._connection() as connection:
        assert [segment.languages for segment in segments(connection)] == ["ru"] * 4 + ["en"] * 4


def test_a_rebuild_that_was_killed_goes_on(backend: SQLiteBackend) -> None:
    for _ in range(3):
        backend.index([event(verbose="отчёты")])

    def killed(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with speaking("ru"):
        with pytest.raises(KeyboardInterrupt):
            backend.rebuild(killed)
        assert len(warned(backend)) == 1
        backend.rebuild(lambda done, total: None)
        assert (found(backend, "отчётами"), warned(backend), sound(backend)) == (3, [], True)


@pytest.mark.server
@pytest.mark.django_db(databases=["default", "other"])
def test_a_server_is_made_good_too(opensearch_backend: OpenSearchBackend) -> None:
    opensearch_backend.index([event(partition=f"{opensearch_backend.prefix}-2026.11", verbose="отчёты приняты")])
    opensearch_backend.refresh()
    with speaking("ru"):
        told = [finding.message for finding in opensearch_backend.status().findings if finding.level != "ok"]
        assert any("SEARCH_LANGUAGES" in message for message in told)
        opensearch_backend.setup()
        [partition] = rebuild.partitions(opensearch_backend, everything=False)
        assert rebuild.rebuild(opensearch_backend, partition, lambda told, number: None) == 1
        opensearch_backend.refresh()
        asked = plan(tree_of(search="отчётами")).sure
        assert [opensearch_backend.count(node) for node in (asked, ALL)] == [1, 1]
        assert not any("SEARCH_LANGUAGES" in finding.message for finding in opensearch_backend.status().findings)
