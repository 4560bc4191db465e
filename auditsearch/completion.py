"""Completion for the search box, out of the newest events that somebody may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from auditsearch.askable import PREFIX, askable
from auditsearch.canonical import loads
from auditsearch.capture.named import asks
from auditsearch.columns import COUNTABLE
from auditsearch.facts import Leaf
from auditsearch.personal import read
from auditsearch.promoted import promoted
from auditsearch.query.box import BOX, KEYED
from auditsearch.query.complete import Completion, complete
from auditsearch.query.meanings import text_form
from auditsearch.search import Events

SAMPLE = 300
"""Events whose keys and values are looked at."""

VALUES = 1_000
"""Values of a field of the envelope that are looked at."""

LONGEST = 100
"""Characters of a value that is offered."""


@dataclass(frozen=True, eq=False)
class Completions:
    """What was seen in `events` (give those that the asking person may see); it is looked at once, so keep it."""

    events: Events = field(default_factory=Events)

    def at(self, text: str, place: int | None = None) -> Completion:
        """Return what may stand at character `place` of `text`, by default at its end."""
        return complete(text, len(text) if place is None else place, self.keys, self.values)

    @cached_property
    def keys(self) -> list[str]:
        """Keys of context, snapshot and changes that were seen, as the search box takes them, and promoted names."""
        seen = {leaf.path for leaf in self._seen if leaf.path.partition(".")[0] in KEYED}
        return sorted(seen | {row.name for row in promoted()})

    def values(self, name: str, typed: str) -> Iterator[str]:
        """Yield values of a field or key, the most frequent ones of the envelope first."""
        keyword = "object_type" if name == "object" else BOX.get(name, name)
        if keyword in COUNTABLE:
            yield from (str(value) for value, _ in self.events.facets(keyword, VALUES).values)
            return
        path = {row.name: row.path for row in promoted()}.get(name, "changed" if keyword == "_changed" else name)
        if not self.events.unmask and asks(path):
            return
        texts = (text_form(leaf) for leaf in self._seen if leaf.path == path)
        yield from dict.fromkeys(text for text in texts if text and len(text) <= LONGEST)

    @cached_property
    def _seen(self) -> list[Leaf]:
        hits = self.events[:SAMPLE].hits()
        seen = (leaf for hit in hits for leaf in askable(loads(hit.canonical), read(hit.personal)).leaves)
        return [Leaf(path.removeprefix(PREFIX), kind, value) for path, kind, value in seen]
