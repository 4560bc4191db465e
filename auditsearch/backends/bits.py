"""Sets of small numbers as one int, the n-th bit for n: they are joined, cut and counted at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_FEW = 32


def of(numbers: Sequence[int], size: int) -> int:
    """Return the set of `numbers` below `size`."""
    if len(numbers) <= _FEW:
        found = 0
        for number in numbers:
            found |= 1 << number
        return found
    digits = bytearray(b"0") * size
    last = size - 1
    for number in numbers:
        digits[last - number] = 49  # "1"
    return int(digits, 2)


def numbers(bits: int) -> Iterable[int]:
    """Yield the members, ascending."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield place
        place = digits.find("1", place + 1)
