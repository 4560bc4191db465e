"""The backend in memory: what it does beside the contract that all backends keep."""

from __future__ import annotations

import threading

import pytest

from auditsearch.backends.base import Settled, Sort
from auditsearch.backends.memory import MemoryBackend, split
from auditsearch.exceptions import UnknownField
from auditsearch.query.tree import ALL
from tests.factories import event


@pytest.mark.parametrize(
    ("fact", "parts"),
    [
        ("snapshot.status=a=b", ("snapshot.status=", "a=b")),
        ("snapshot.amount#c059200000000000+100.5", ("snapshot.amount#", "c059200000000000+100.5")),
        ("snapshot.tags?", ("snapshot.tags?", "")),
        ("@year=2026", ("@year=", "2026")),
        ("context.a~window\nover lines", ("context.a~", "window\nover lines")),
    ],
)
def test_a_fact_is_its_name_with_its_kind_and_its_value(fact: str, parts: tuple[str, str]) -> None:
    assert split(fact) == parts


def test_clear_forgets_all_events() -> None:
    backend = MemoryBackend()
    backend.index([event()])
    backend.clear()
    assert backend.count(ALL) == 0
    assert backend.status().events == 0


def test_threads_store_an_event_once() -> None:
    backend, documents = MemoryBackend(), [event() for _ in range(50)]
    outcomes: list[Settled] = []
    threads = [
        threading.Thread(target=lambda: outcomes.extend(one.settled for one in backend.index(documents)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (backend.count(ALL), set(outcomes), len(outcomes)) == (50, {Settled.SHIPPED}, 200)


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(UnknownField, match="user_name"):
        MemoryBackend().search(ALL, order=[Sort("usr_name"), Sort("ts"), Sort("id")])
