"""The oracle: whether one event answers a question, said of its values and not of any engine's index."""

from __future__ import annotations

from collections.abc import Iterator

from auditsearch.event import from_micros
from auditsearch.facts import Leaf, Leaves
from auditsearch.forms import utc_text
from auditsearch.query.fuzzy import alike
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.tree import And, Near, Node, Not, Or, Superset, Where, Words
from auditsearch.stems import STEM
from auditsearch.words import SEPARATOR

SIGNS = SEPARATOR + STEM
"""What tokens that are no words begin with."""


def fits(node: Node, event: Leaves) -> bool:
    """Say whether `event` answers `node`, a tree as `tree_of` makes it. Raises TypeError on an engine's own leaf."""
    match node:
        case Where():
            return _fits(node, event)
        case Words(words, phrase, personal):
            return _says(words, phrase, _text(event, personal))
        case Near(word, "prefix", personal):
            return f" {word}" in f" {_text(event, personal)}"
        case Near(word, _, personal):
            return any(alike(word, other) for other in _text(event, personal).split(" ") if other[:1] not in SIGNS)
        case Not(inner):
            return not fits(inner, event)
        case And(nodes):
            return all(fits(inner, event) for inner in nodes)
        case Or(nodes):
            return any(fits(inner, event) for inner in nodes)
        case Superset(_, check):
            return _fits(check, event)
    raise TypeError(f"{type(node).__name__} is a question for an engine; the oracle is asked before `plan`.")


def _text(event: Leaves, personal: bool) -> str:
    return event.personal if personal else event.text


def _fits(where: Where, event: Leaves) -> bool:
    meaning = LOOKUPS[where.lookup].meaning
    if where.lookup == "isnull":
        return where.value is not any(meaning(leaf, where.value) for leaf in _beneath(where.path, event))
    return any(meaning(leaf, where.value) for leaf in _at(where.path, event))


def _beneath(path: str, event: Leaves) -> Iterator[Leaf]:
    inner = f"{path}."
    return (Leaf(*leaf) for leaf in event.leaves if leaf[0] == path or leaf[0].startswith(inner))


def _at(path: str, event: Leaves) -> list[Leaf]:
    if path == "id":
        return [Leaf("id", "text", event.id)]
    if path == "ts":
        return [Leaf("ts", "text", utc_text(from_micros(event.ts)))]
    return [Leaf(*leaf) for leaf in event.leaves if leaf[0] == path]


def _says(words: tuple[str, ...], phrase: bool, text: str) -> bool:
    if phrase:
        return f" {' '.join(words)} " in f" {text} "
    return set(words) <= set(text.split(" ")) - {SEPARATOR}
