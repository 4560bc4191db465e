"""The Merkle tree of RFC 6962, section 2.1: one hash that stands for a list of leaves in their order.

Hashes are 32 bytes. Entries are hashed as SHA-256(0x00 || entry), as an event's `leaf` is, and nodes as
SHA-256(0x01 || left || right).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256().digest()
"""The root of no leaves at all."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows by leaf hashes and keeps one hash for each full subtree: flat memory, however many."""

    def __init__(self) -> None:
        self.size = 0
        self._full: list[bytes] = []  # roots of full subtrees, the largest first: one for each bit of `size`

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        size, self.size = self.size, self.size + 1
        while size & 1:
            leaf, size = node_hash(self._full.pop(), leaf), size >> 1
        self._full.append(leaf)

    def root(self) -> bytes:
        """Return the root of what was added."""
        if not self._full:
            return EMPTY
        found = self._full[-1]
        for left in reversed(self._full[:-1]):
            found = node_hash(left, found)
        return found


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the audit path of the leaf at `index` (RFC 6962, section 2.1.1). Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} among {len(leaves)}")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*inclusion_proof(leaves[:middle], index), root(leaves[middle:])]
    return [*inclusion_proof(leaves[middle:], index - middle), root(leaves[:middle])]


def is_included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows `leaf` at `index` of the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    last, found = size - 1, leaf
    for step in proof:
        if not last:
            return False
        if index & 1 or index == last:
            found = node_hash(step, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node_hash(found, step)
        index, last = index >> 1, last >> 1
    return not last and found == root


def consistency_proof(leaves: Sequence[bytes], former: int) -> list[bytes]:
    """Return the proof that the tree of the first `former` leaves is a head of this one (section 2.1.2).

    Raises IndexError where there are not so many.
    """
    if not 0 < former <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} leaves has no head of {former}")
    return _consistency(leaves, former, whole=True)


def is_consistent(former: int, size: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that the tree `old` of `former` leaves is a head of `new` (RFC 9162, 2.1.4.2)."""
    if former == size:
        return old == new and not proof
    if not 0 < former < size or not proof:
        return False
    steps = [old, *proof] if former & (former - 1) == 0 else list(proof)
    index, last = former - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    left = right = steps[0]
    for step in steps[1:]:
        if not last:
            return False
        if index & 1 or index == last:
            left, right = node_hash(step, left), node_hash(step, right)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            right = node_hash(right, step)
        index, last = index >> 1, last >> 1
    return not last and left == old and right == new


def _consistency(leaves: Sequence[bytes], former: int, *, whole: bool) -> list[bytes]:
    if former == len(leaves):
        return [] if whole else [root(leaves)]
    middle = _split(len(leaves))
    if former <= middle:
        return [*_consistency(leaves[:middle], former, whole=whole), root(leaves[middle:])]
    return [*_consistency(leaves[middle:], former - middle, whole=False), root(leaves[:middle])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
