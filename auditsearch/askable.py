"""What can be asked of an event: by everybody, and beside it what only those may ask who see personal values.

Of an event with personal values the leaves are taken twice, with a mark in their places and whole. What differs stands
apart: leaves under `personal.` before their path, and words of their own. Only an unmasked question reaches these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from auditsearch.event import ENVELOPE_STRINGS
from auditsearch.facts import TEXT, Bare, Leaves, leaves, within
from auditsearch.forms import plain
from auditsearch.personal import COUNT, Side, filled
from auditsearch.stems import with_stems
from auditsearch.words import text_of

PREFIX = "personal."
"""What the path of a personal leaf begins with."""

SAID = (*ENVELOPE_STRINGS[:4], "context", "snapshot")
"""Where words are taken from."""


def askable(tree: dict[str, Any], side: Side | None = None) -> Leaves:
    """Return what can be asked of the event whose canonical JSON was read to `tree`, with its side object of all of it.

    A personal value is there for everybody, and is nothing: as an empty object.
    """
    if COUNT not in tree:
        return leaves(tree)
    shown = leaves(filled(tree, {}, hidden={}))
    if not side:
        return shown
    whole = leaves(filled(tree, side, hidden={}))
    own = list(_rest(whole.leaves, shown.leaves))
    text, too_long = text_of(list(_strings(own)), TEXT)
    kept, cut = within([*shown.leaves, *((PREFIX + path, kind, value) for path, kind, value in own)])
    clipped = shown.clipped or whole.clipped or too_long or cut
    return shown._replace(leaves=kept, clipped=clipped, personal=with_stems(text))


def _rest(leaves: Iterable[Bare], less: Iterable[Bare]) -> Iterator[Bare]:
    """Yield the leaves that are more than those of the other list."""
    known = Counter(map(_key, less))
    for leaf in leaves:
        if known[_key(leaf)]:
            known[_key(leaf)] -= 1
        else:
            yield leaf


def _key(leaf: Bare) -> tuple[str, str, str]:
    path, kind, value = leaf
    return path, kind, str(value)


def _strings(leaves: Iterable[Bare]) -> Iterator[str]:
    for path, kind, value in leaves:
        if path.partition(".")[0] in SAID and kind in ("text", "number"):
            yield value if kind == "text" else plain(value)
