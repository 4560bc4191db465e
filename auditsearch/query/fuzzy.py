"""Words that are like a word: as many changed letters as the servers allow (`fuzziness: AUTO`)."""

from __future__ import annotations

SHORT, LONG = 3, 6
"""Words of fewer letters than SHORT must be equal, of fewer than LONG may differ in one letter, others in two."""


def distance_of(word: str) -> int:
    """Return in how many letters a word may differ from `word`."""
    return 0 if len(word) < SHORT else 1 if len(word) < LONG else 2


def alike(word: str, other: str) -> bool:
    """Say whether `other` is like `word`: letters changed, added, left out, or two neighbours swapped."""
    most = distance_of(word)
    if abs(len(word) - len(other)) > most:
        return False
    return word == other or (most > 0 and _distance(word, other, most) <= most)


def _distance(one: str, two: str, most: int) -> int:
    """Optimal string alignment; more than `most` where it is certain to be more."""
    before, last = [0] * (len(two) + 1), list(range(len(two) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, other in enumerate(two, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == two[j - 2] and one[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]
