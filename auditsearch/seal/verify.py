"""Verifying: whether each stored event still is what was captured, and nothing that was confirmed is gone.

Of each document the hash of `canonical` is compared with its `leaf`, and all that is derived with what is derived anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import orjson

from auditsearch.backends.base import Backend, Stored
from auditsearch.backends.scan import Batch
from auditsearch.canonical import leaf
from auditsearch.document import Document, document
from auditsearch.life.reading import personal_of, whole
from auditsearch.life.spans import span
from auditsearch.personal import faults, read
from auditsearch.query.tree import ALL, Node
from auditsearch.seal.processes import processes
from auditsearch.seal.traces import Trace, broken, doubled, known
from auditsearch.stems import STEM, strange

TAMPERED = ("MODIFIED", "MISSING", "MOVED", "DUPLICATE")
"""Kinds of findings that must not be: somebody or something has changed the log."""

UNCHECKED = "UNCHECKED"
"""What could not be checked: an event that the store has in part, and the outbox not at all."""

SHOWN = 100
"""Findings of a kind that are told one by one; all are counted."""

OUTDATED = "OUTDATED"
"""An event whose promoted fields or stems are not those that the settings ask for: they, or somebody, changed since."""

SETTINGS = {"promoted", "misfits", "stems"}
"""What is derived by settings, too."""

LISTS = ("facts", "folded")
UNPROVEN = ("personal",)
"""What the canonical text says nothing of: it stands beside, and is proven by itself."""


class Found(NamedTuple):
    """One thing that is not as it should be."""

    kind: str
    partition: str
    event: str
    why: str


@dataclass
class Report:
    """What was checked, and what was found: all counted by kind, the first of each kind told.

    `known` are those that the outbox knows as stored: of these alone it is sure that none is missing.
    """

    checked: int = 0
    known: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Found] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Count one, and tell it if it is among the first."""
        self.counts[found.kind] += 1
        if self.counts[found.kind] <= SHOWN:
            self.findings.append(found)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 something differs, 2 could not check; nothing checked is no success."""
        if any(self.counts[kind] for kind in (*TAMPERED, OUTDATED)):
            return 1
        return 2 if self.counts[UNCHECKED] or not self.checked else 0


def verify(
    backend: Backend,
    node: Node = ALL,
    *,
    jobs: int = 1,
    progress: Callable[[int], None] = lambda n: None,
    report: Report | None = None,
) -> Report:
    """Verify the store's events that fit the engine's `node`, in up to `jobs` processes; of all, also what is around.

    Raises what the store raises; `report`, if given, then holds what was found before.
    """
    report = Report() if report is None else report
    backend.refresh()
    for trace in broken(backend) if node == ALL else ():
        report.add(Found(*trace))
    with (
        closing(_traces(backend, node)) as traces,
        processes(backend, partial(judged, keeps=backend.keeps), jobs) as batches,
    ):
        for partition in backend.holdings():
            for done in batches(partition, node):
                report.checked += done.number
                found = done.found + judge([_together(one) for one in done.cut], partition, backend.keeps)
                for one in found:
                    report.add(one)
                progress(report.checked)
                _trace(islice(traces, 1), report)  # while the processes are at work
        _trace(traces, report)
    return report


def _traces(backend: Backend, node: Node) -> Generator[Trace | int, None, None]:
    if node == ALL:
        yield from doubled(backend)
        yield from known(backend)


def _trace(traces: Iterable[Trace | int], report: Report) -> None:
    for trace in traces:
        if isinstance(trace, int):
            report.known += trace
        else:
            report.add(Found(*trace))


class Judged(NamedTuple):
    """How many events a batch has, what was found in it, and what the store has only in part."""

    number: int
    found: list[Found]
    cut: list[Stored]


def judged(batch: Batch, partition: str, *, keeps: frozenset[str] | None) -> Judged:
    """Return what is wrong with a batch, as far as it can be said without the outbox."""
    number, doubtful = batch.doubtful(partition, span(partition))
    cut = [one for one in doubtful if "truncated" in one.flags]
    there = [(one, one.canonical) for one in doubtful if "truncated" not in one.flags]
    return Judged(number, judge(there, partition, keeps), cut)


def judge(events: Sequence[tuple[Stored, str | None]], partition: str, keeps: frozenset[str] | None) -> list[Found]:
    """Return what is wrong with events, each given with its whole text."""
    times = span(partition)
    found = []
    for stored, text in events:
        kind, why = _fault(stored, text, partition, keeps)
        if not kind and times and not times[0] <= stored.ts < times[1]:
            kind, why = "MOVED", "its time lies outside of its partition's"
        if not kind and times is None and not partition.endswith("-edge"):
            kind, why = "MOVED", "its partition is none of ours"
        if kind:
            found.append(Found(kind, partition, stored.id, why))
    return found


def _together(stored: Stored) -> tuple[Stored, str | None]:
    """What the store has only in part, with its text and its side object out of the outbox."""
    return stored._replace(personal=personal_of(stored)), whole(stored)


def _fault(stored: Stored, text: str | None, partition: str, keeps: frozenset[str] | None) -> tuple[str, str]:
    if text is None:
        return UNCHECKED, "it was too large for the store, and its row is gone from the outbox"
    if not text:
        return "MODIFIED", "it is no event: take it, or its index's alias, away"
    if leaf(text) != stored.leaf:
        return "MODIFIED", "its text is not what was hashed"
    try:
        made = document(text, partition, stored.personal)
    except (ValueError, KeyError, TypeError):
        return "MODIFIED", "its text is no event's"
    if fault := next(faults(text, read(stored.personal)), ""):
        return "MODIFIED", fault
    if (made.id, made.ts) != (stored.id, stored.ts):
        return "MODIFIED", "it stands under another id or time"
    differing = _differing(stored.body or {}, _body(made, stored.flags), keeps)
    if differing and SETTINGS.issuperset(differing):
        return (
            OUTDATED,
            "its promoted fields or stems are not those of the settings: run auditsearch_rebuild, and verify again",
        )
    return ("MODIFIED", f"these are not what its text says: {', '.join(differing)}") if differing else ("", "")


def _body(made: Document, flags: frozenset[str]) -> dict[str, Any]:
    if "truncated" in flags:
        body = made.truncated_body()
    else:
        body = made.degraded_body() if "degraded" in flags else made.body()
    read: dict[str, Any] = orjson.loads(orjson.dumps(body))
    return read


def _differing(there: dict[str, Any], made: dict[str, Any], keeps: frozenset[str] | None) -> list[str]:
    names = sorted(({*there, *made} & keeps if keeps is not None else {*there, *made}) - {*UNPROVEN})
    differing = [name for name in names if _plain(name, there.get(name)) != _plain(name, made.get(name))]
    words = there.get("text") if there.get("text") != made.get("text") else None
    return differing + ["stems"] * (not differing and isinstance(words, str) and strange(words))


def _plain(name: str, value: Any) -> Any:
    if name in LISTS:
        return sorted(value or ())
    if name in ("text", "text_personal") and isinstance(value, str):  # stems come and go with SEARCH_LANGUAGES
        return [word for word in value.split() if not word.startswith(STEM)] if STEM in value else value.split()
    return value
