"""Stores for the tests of delivery: one that behaves like a server, and does what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from auditsearch.backends.base import Outcome, Settled, never_dropped
from auditsearch.backends.memory import MemoryBackend
from auditsearch.document import Document

Answer = Callable[[Document], Outcome]


class Server(MemoryBackend):
    """Like a server's backend: sent to from another thread. `fails` is raised, `answers` overrule the fate by id."""

    embedded = False

    def __init__(self, fails: Exception | None = None, **answers: Settled) -> None:
        super().__init__()
        self.fails, self.answers = fails, answers
        self.batches: list[list[str]] = []

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Store and record the batch, unless told otherwise."""
        self.batches.append([document.id for document in documents])
        if self.fails is not None:
            raise self.fails
        wanted = [document for document in documents if document.id not in self.answers]
        stored = {outcome.id: outcome for outcome in super().index(wanted, dropped=dropped)}
        return [stored.get(one.id) or Outcome(one.id, self.answers[one.id], "as the test wants") for one in documents]

    def forget(self, ids: Sequence[str]) -> None:
        """Lose these, as a cluster does that is restored from a snapshot."""
        for each in ids:
            del self._held[each]


class FileStore:
    """Appends what it is given to a file, and syncs: what several processes shipped is read there, doubles too."""

    embedded = True

    def __init__(self, path: Path) -> None:
        self.path = path

    def index(self, documents: Sequence[Document], *, dropped: Callable[[str], bool] = never_dropped) -> list[Outcome]:
        """Append one line an event."""
        with self.path.open("a") as file:
            file.writelines(f"{document.partition} {document.id}\n" for document in documents)
        return [Outcome(document.id, Settled.SHIPPED) for document in documents]

    def lines(self) -> list[str]:
        """What was shipped, in order."""
        return self.path.read_text().splitlines() if self.path.exists() else []
