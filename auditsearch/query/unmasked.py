"""The same question, asked of personal values too: each condition of everybody's leaves and words, or of those."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditsearch.askable import PREFIX
from auditsearch.query.tree import And, Near, Node, Not, Or, Where, Words


def unmasked(node: Node) -> Node:
    """Return the tree that asks for personal values as for all others."""
    match node:
        case Where(path=path) if path in ("id", "ts") or path.startswith("@"):
            return node
        case Where(lookup="isnull", value=True):
            return And((node, replace(node, path=PREFIX + node.path)))
        case Where():
            return Or((node, replace(node, path=PREFIX + node.path)))
        case Words(words, False) if len(words) > 1:
            return And(tuple(_either(replace(node, words=(word,))) for word in words))
        case Words() | Near():
            return _either(node)
        case Not(inner):
            return Not(unmasked(inner))
        case And(nodes):
            return And(tuple(map(unmasked, nodes)))
        case Or(nodes):
            return Or(tuple(map(unmasked, nodes)))
    return node


def paths(node: Node) -> Iterator[tuple[str, bool]]:
    """Yield each stored path that a tree asks, and whether only for there being a value."""
    match node:
        case Where(path, lookup):
            yield path, lookup == "isnull"
        case Not(inner):
            yield from paths(inner)
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from paths(inner)


def _either(node: Words | Near) -> Node:
    return Or((node, replace(node, personal=True)))
