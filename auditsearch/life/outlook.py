"""What an archive would hold, and what of it would leave the store, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from auditsearch.backends.base import Backend
from auditsearch.life import holds
from auditsearch.life.archive import begin, look, question
from auditsearch.query.algebra import all_of
from auditsearch.query.plan import plan


@dataclass(frozen=True, slots=True)
class Outlook:
    """Archives that would be finished first, the events of each partition, and how many of all a legal hold keeps."""

    unfinished: list[Path]
    events: dict[str, int]
    held: int


def outlook(backend: Backend, folder: Path, *, before: int | None = None, log: str | None = None) -> Outlook:
    """Look what `archive` would do now; it changes nothing. Raises what the store raises, and ArchiveError."""
    look(backend, folder, before, log)
    asked = question(begin(folder, before, log, reset=False))
    numbers = {partition: backend.number(partition, asked) for partition in sorted(backend.holdings())}
    bound = holds.in_force()
    held = backend.count(plan(all_of([asked, holds.node(bound)])).engine) if bound else 0
    unfinished = sorted(folder.glob("*.unfinished.json"))
    return Outlook(unfinished, {partition: number for partition, number in numbers.items() if number}, held)
