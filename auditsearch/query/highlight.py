"""What of a text was asked for: the same words and parts that made the hit, marked here and never by an engine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from django.utils.html import escape
from django.utils.safestring import SafeString

from auditsearch.query.fuzzy import alike
from auditsearch.query.spans import joined
from auditsearch.query.tree import And, Near, Node, Or, Where, Words
from auditsearch.stems import STEM, stems_of
from auditsearch.words import fold, words

Fits = Callable[[str], bool]
"""Whether a ready word is one that was asked for."""

_WORD = re.compile(r"[^\W_]+")
_PARTS = {"contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "exact", "iexact"}


class Marker:
    """What marks texts for one question, prepared once.

    Words are marked anywhere, those of a phrase where they follow one another, conditions on a field in texts of that
    stored path. What a Not excludes is not.
    """

    def __init__(self, node: Node) -> None:
        asked = list(_asked(node))
        said = [each for each in asked if isinstance(each, Words)]
        self.phrases = [each.words for each in said if each.phrase]
        self.known = frozenset(word for each in said if not each.phrase for word in each.words)
        self.tests = [test for each in asked for test in _tests(each)]
        self.fields = [each for each in asked if isinstance(each, Where)]

    def __bool__(self) -> bool:
        return bool(self.known or self.phrases or self.tests or self.fields)

    def segments(self, text: str, path: str | None = None) -> list[tuple[str, bool]]:
        """Return `text` in NFC, cut into parts, each with whether it was asked for."""
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        spans = [*self._words(text), *(span for where in self.fields for span in _parts(text, where, path))]
        return list(_cut(text, joined(spans, lambda end: end))) if spans else [(text, False)] if text else []

    def html(self, text: str, path: str | None = None) -> SafeString:
        """Return `text` as HTML: escaped, with <mark> around what was asked for."""
        return self.joined(self.segments(text, path)) if self else escape(text)

    @staticmethod
    def joined(parts: Iterable[tuple[str, bool]]) -> SafeString:
        """Return parts as HTML, as `html` does."""
        return SafeString("".join(f"<mark>{escape(part)}</mark>" if hit else escape(part) for part, hit in parts))

    def _words(self, text: str) -> Iterator[tuple[int, int]]:
        if not self.tests and not self._mentions(text):
            return
        found = list(_WORD.finditer(text))
        ready = [(words(each[0]) or [""])[0] for each in found]
        of_phrases = {place for phrase in self.phrases for place in _runs(phrase, ready)}
        for place, word in enumerate(ready):
            if word in self.known or place in of_phrases or any(test(word) for test in self.tests):
                yield found[place].span()

    def _mentions(self, text: str) -> bool:
        """Whether a word may stand there: most texts of a page hold none, and this costs a fifth of cutting them."""
        folded = fold(text).replace("ё", "е")
        said = any(word in folded for word in self.known)
        return said or any(all(word in folded for word in phrase) for phrase in self.phrases)


def segments(text: str, node: Node, path: str | None = None) -> list[tuple[str, bool]]:
    """Return `text` in NFC, cut into parts, each with whether it was asked for, as `Marker` says."""
    return Marker(node).segments(text, path)


def highlight(text: str, node: Node, path: str | None = None) -> SafeString:
    """Return `text` as HTML: escaped, with <mark> around what was asked for."""
    return Marker(node).html(text, path)


def _runs(phrase: tuple[str, ...], ready: list[str]) -> Iterator[int]:
    """The places where the words of a phrase follow one another."""
    size = len(phrase)
    for start in range(len(ready) - size + 1):
        if tuple(ready[start : start + size]) == phrase:
            yield from range(start, start + size)


def _asked(node: Node) -> Iterator[Words | Near | Where]:
    match node:
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _asked(inner)
        case Words() | Near() | Where():
            yield node


def _tests(node: Words | Near | Where) -> Iterator[Fits]:
    match node:
        case Words(asked):
            if stems := {word for word in asked if word.startswith(STEM)}:
                yield lambda word: not stems.isdisjoint(stems_of(word))
        case Near(start, "prefix"):
            yield lambda word: word.startswith(start)
        case Near(like):
            yield lambda word: alike(like, word)


def _parts(text: str, node: Words | Near | Where, path: str | None) -> Iterator[tuple[int, int]]:
    """Where a condition's text, or a match of its expression, stands; letters in any case where that was asked."""
    if not isinstance(node, Where) or path is None or node.path != path:
        return
    if node.lookup in ("regex", "iregex"):
        yield from node.value.spans(_folded(text) if node.lookup == "iregex" else text)
    elif node.lookup in _PARTS and isinstance(node.value, str) and node.value:
        yield from _places(text, node.value, node.lookup.startswith("i"))


def _places(text: str, part: str, folds: bool) -> Iterator[tuple[int, int]]:
    part = unicodedata.normalize("NFC", part)
    hay, needle = (_folded(text), _folded(part)) if folds else (text, part)
    at = hay.find(needle)
    while at >= 0:
        yield at, at + len(needle)
        at = hay.find(needle, at + len(needle))


def _folded(text: str) -> str:
    """Folded letter by letter, so that places stay what they are."""
    return "".join([form if len(form := fold(letter)) == 1 else letter for letter in text])


def _cut(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    at = 0
    for start, end in spans:
        if start > at:
            yield text[at:start], False
        if end > start:
            yield text[start:end], True
        at = end
    if at < len(text):
        yield text[at:], False
