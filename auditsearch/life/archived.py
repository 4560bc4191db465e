"""Searching an archive as it lies: its files are read as a stream, and the oracle is asked of each event.

What fits is put in order by time through files in the folder for temporary files (TMPDIR), so that memory is flat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import orjson
from django.db.models import Aggregate

from auditsearch import paging
from auditsearch.backends.base import Facets, Histogram, Hit, Interval, Sort
from auditsearch.columns import COUNTABLE
from auditsearch.event import told
from auditsearch.exceptions import QueryError
from auditsearch.life.gathering import BESIDE, FAR
from auditsearch.life.manifest import Manifest, Part, accept, events, read
from auditsearch.life.spool import Spool
from auditsearch.personal import holds
from auditsearch.search import PAGE, Events

Group = list[tuple[Manifest, Part]]
"""Files whose stretches of time overlap."""

_UP = (Sort("ts"), Sort("id"))
_DOWN = (Sort("ts", True), Sort("id", True))


@dataclass(frozen=True, eq=False)
class ArchivedEvents(Events):
    """The events of archives that answer a question, in order of time, up or down, each once.

    Looking at the answer may raise ArchiveError where a file is damaged.
    """

    paths: tuple[Path, ...] = ()

    @classmethod
    def of(cls, events: Events, paths: Iterable[Path]) -> ArchivedEvents:
        """Return the same question, put to archives. Raises ArchiveError where one can't be read."""
        found = tuple(paths)
        for path in found:
            accept(read(path), None)
        return cls(events.tree, events.order, events.start, events.stop, unmask=events.unmask, paths=found)

    def hits(self, page: int = PAGE) -> Iterator[Hit]:
        """Yield the hits from `start` to `stop`."""
        if self.order not in (_UP, _DOWN):
            raise QueryError(
                "Events of an archive are ordered by timestamp or -timestamp; restore it to order by more."
            )
        return islice(self._ordered(backwards=self.order == _DOWN), self.start, self.stop)

    def facets(self, name: str, size: int = 10) -> Facets:
        """Return the most frequent values of a name of the envelope. Raises UnknownField."""
        stored = COUNTABLE[name] if name in COUNTABLE else _unknown(name)
        values = (_members(hit).get(stored) for hit in self.order_by("timestamp").hits())
        counts: Counter[Any] = Counter(values)
        missing, total = counts.pop(None, 0), counts.total()
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return Facets(list(ranked[:size]), sum(n for _, n in ranked[size:]), missing, total + missing)

    def histogram(self, interval: Interval = "day", zone: tzinfo | None = None) -> Histogram:
        """Raise QueryError: restore the archive first."""
        raise _restore_first("counted by time")

    def aggregate(self, *expressions: Aggregate, **named: Aggregate) -> dict[str, Any]:
        """Raise QueryError: restore the archive first."""
        raise _restore_first("aggregated")

    def page(self, size: int = 50, cursor: str | None = None, **options: Any) -> paging.Sheet:
        """Raise QueryError: restore the archive first."""
        raise _restore_first("paged through")

    def _count(self) -> int:
        return sum(self._number(group) for group in self._groups())

    def _number(self, group: Group) -> int:
        if len(group) > 1:  # they may hold the same event
            return sum(1 for _ in self._sorted(group, backwards=False))
        return sum(1 for _ in self._fitting(*group[0]))

    def _groups(self) -> list[Group]:
        files = [(manifest, part) for manifest in map(read, self.paths) for part in manifest.parts]
        groups: list[Group] = []
        end = 0
        for manifest, part in sorted(files, key=lambda file: (file[1].first, file[1].name)):
            if not groups or part.first > end:
                groups.append([])
            groups[-1].append((manifest, part))
            end = max(end, part.last) if len(groups[-1]) > 1 else part.last
        return groups

    def _ordered(self, *, backwards: bool) -> Iterator[Hit]:
        groups = self._groups()
        for group in reversed(groups) if backwards else groups:
            yield from self._sorted(group, backwards=backwards)

    def _sorted(self, group: Group, *, backwards: bool) -> Iterator[Hit]:
        """The hits of overlapping files; an event that lies in two archives is one."""
        with closing(Spool(Path(gettempdir()), backwards=backwards)) as spool:
            for manifest, part in group:
                for ts, event_id, record in self._fitting(manifest, part):
                    spool.add(b"%020d%b" % (ts + FAR, event_id.encode()), record)
            last = b""
            for key, line in spool.lines():
                if key != last:
                    text, _, personal = line.decode().partition(BESIDE.decode())
                    yield Hit(text, (int(key[:20]) - FAR, key[20:].decode()), personal=personal or None)
                last = key

    def _fitting(self, manifest: Manifest, part: Part) -> Iterator[tuple[int, str, bytes]]:
        for text, personal in events(manifest, part):
            aside = personal if self.unmask else None
            if self.fits(Hit(text, (), personal=aside)):
                tree = orjson.loads(text)
                yield (
                    tree["ts"],
                    tree["id"],
                    text.encode() if aside is None else text.encode() + BESIDE + aside.encode(),
                )


def _members(hit: Hit) -> dict[str, Any]:
    members: dict[str, Any] = told(hit.canonical) if holds(hit.canonical) else orjson.loads(hit.canonical)
    return members


def _unknown(name: str) -> str:
    raise QueryError(f"{name!r} can't be counted by value in an archive. There are: {', '.join(COUNTABLE)}.")


def _restore_first(what: str) -> QueryError:
    return QueryError(f"An archive can't be {what} as it lies: restore it with auditsearch_restore first.")
