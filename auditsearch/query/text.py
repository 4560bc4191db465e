"""The search box: `user:anna -action:delete amount>100 "clearance requested" отчёт*` as the tree that keywords make."""

from __future__ import annotations

from collections.abc import Iterable

from auditsearch.exceptions import InvalidValue, Misread, QueryError
from auditsearch.query.box import BOX, condition
from auditsearch.query.parse import said, shallow, whole
from auditsearch.query.tokens import Token, Value, tokens
from auditsearch.query.tree import ALL, And, Node, Not, Or, Words
from auditsearch.words import words

LONGEST = 1024
"""Bytes of UTF-8 that are read."""

CLAUSES = 100
"""Conditions of one question."""

DEPTH = 20
"""Parentheses and NOTs inside one another."""

__all__ = ["BOX", "CLAUSES", "DEPTH", "LONGEST", "parse"]


def parse(text: str) -> Node:
    """Return the tree of what was typed; nothing is every event. Raises Misread, which points at the place."""
    if len(text.encode(errors="replace")) > LONGEST:
        raise Misread(f"A question has at most {LONGEST} bytes.", text, min(len(text), LONGEST // 2), len(text))
    found = tokens(text)
    if sum(len(token.values) for token in found) > CLAUSES:
        raise Misread(f"A question has at most {CLAUSES} conditions.", text, 0, len(text))
    try:
        return shallow(_Reader(text, found).question()) if found else ALL
    except InvalidValue as error:
        raise Misread(str(error), text, 0, len(text)) from error


class _Reader:
    """Recursive descent over the tokens: alternatives of sequences of terms."""

    def __init__(self, text: str, found: list[Token]) -> None:
        self.text, self.found, self.at, self.depth = text, found, 0, 0

    def question(self) -> Node:
        node = self.alternatives()
        if self.at < len(self.found):
            raise self.wrong("This parenthesis closes nothing.")
        return node

    def alternatives(self) -> Node:
        parts = [self.sequence()]
        while self.takes("or"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def sequence(self) -> Node:
        """Terms that must all hold; plain words among them are one condition."""
        parts: list[Node] = [self.term()]
        while self.kind() not in ("or", "close", ""):
            if self.takes("and") and self.kind() in ("or", "and", "close", ""):
                raise self.wrong("Something is expected behind AND.")
            parts.append(self.term())
        joined = list(_together(parts))
        return joined[0] if len(joined) == 1 else And(tuple(joined))

    def term(self) -> Node:
        if self.takes("not"):
            if self.kind() in ("or", "and", "close", ""):
                raise self.wrong("Something is expected behind NOT.")
            self.deeper(self.found[self.at - 1])
            node = Not(_settled(self.term()))
            self.depth -= 1
            return node
        if self.kind() == "open":
            return self.group()
        if self.kind() not in ("words", "field"):
            raise self.wrong("A word or a condition is expected here.")
        token = self.found[self.at]
        self.at += 1
        return self.leaf(token)

    def group(self) -> Node:
        start = self.found[self.at]
        self.at += 1
        self.deeper(start)
        node = self.alternatives()
        if not self.takes("close"):
            raise Misread("This parenthesis is never closed.", self.text, start.start, start.end)
        self.depth -= 1
        return node

    def leaf(self, token: Token) -> Node:
        try:
            return _words(token.values[0]) if token.kind == "words" else condition(token)
        except Misread:
            raise
        except QueryError as error:
            raise Misread(str(error), self.text, token.start, token.end) from error

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise Misread(f"Parentheses and NOT may stand {DEPTH} deep.", self.text, token.start, token.end)

    def kind(self) -> str:
        return self.found[self.at].kind if self.at < len(self.found) else ""

    def takes(self, kind: str) -> bool:
        taken = self.kind() == kind
        self.at += taken
        return taken

    def wrong(self, reason: str) -> Misread:
        last = self.found[min(self.at, len(self.found) - 1)]
        if self.at < len(self.found):
            return Misread(reason, self.text, last.start, last.end)
        return Misread(reason, self.text, last.end, last.end)


class _Plain(Words):
    """Words that were not quoted: those side by side become one condition."""

    __slots__ = ()


def _words(value: Value) -> Node:
    if value.quoted:
        return whole("phrase", [], value.text)
    body = value.text.rstrip("*~")
    if "*" in body:
        raise QueryError("A star may only end a word; in quotation marks it means itself.")
    if (sign := value.text[len(body) :]) not in ("", "*", "~"):
        raise QueryError("A word ends with one star, or one ~ for words that are like it.")
    if not words(body):
        raise QueryError("There is neither a letter nor a digit to look for.")
    if sign:
        return whole("search", ["prefix" if sign == "*" else "fuzzy"], body)
    return _Plain(tuple(dict.fromkeys(words(body))))


def _settled(node: Node) -> Node:
    return said(node.words) if isinstance(node, _Plain) else node


def _together(parts: list[Node]) -> Iterable[Node]:
    """The parts, with all plain words in the place of the first ones."""
    asked = dict.fromkeys(word for part in parts if isinstance(part, _Plain) for word in part.words)
    for part in parts:
        if not isinstance(part, _Plain):
            yield part
        elif asked:
            yield said(asked)
            asked = {}
