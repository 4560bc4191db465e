"""The search box's text cut into tokens, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from auditsearch.exceptions import Misread
from auditsearch.query import slips

OPERATORS = (">=", "<=", "!=", ":", "=", ">", "<", "~")
"""What stands between a field and its value."""

_JOINTS = {
    "AND": "and", "OR": "or", "NOT": "not", "И": "and", "ИЛИ": "or", "НЕ": "not", "|": "or", "&": "and",
}  # fmt: skip
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_NAME = re.compile(rf'[^\W\d][\w-]*(?:\.(?:{_QUOTED}|[^\s:=<>!~()".]+))*', re.DOTALL)
_PART = re.compile(rf'{_QUOTED}|[^."]+', re.DOTALL)
_OPERATOR = re.compile("|".join(OPERATORS))
_STRING = re.compile(_QUOTED, re.DOTALL)
_BARE = re.compile(r'[^\s()"]+')
_NO_KEY = re.compile(r'(context|snapshot|from|to)\.[^\s()"]*[:=<>~]')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """What is asked for: `quoted` text means itself, bare text may be a number, a time or have a star."""

    text: str
    quoted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Token:
    """A joint, a parenthesis, words, or a field with its operator and values (several stand in parentheses)."""

    kind: Literal["and", "or", "not", "open", "close", "words", "field"]
    start: int
    end: int
    name: tuple[str, ...] = ()
    operator: str = ""
    values: tuple[Value, ...] = ()


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`. Raises Misread."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
        else:
            found.append(_token(text, at))
            at = found[-1].end
    return found


def unquoted(part: str) -> str:
    """Return what a quoted text means, and any other as it is."""
    return _ESCAPED.sub(r"\1", part[1:-1]) if part.startswith('"') else part


def _token(text: str, at: int) -> Token:
    if text[at] in "()":
        return Token("open" if text[at] == "(" else "close", at, at + 1)
    if text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace():
        return Token("not", at, at + 1)
    bare = _BARE.match(text, at)
    if bare and bare[0] in _JOINTS:
        return Token(_JOINTS[bare[0]], at, bare.end())  # type: ignore[arg-type]
    if bare and re.match(r"![^\W_]", bare[0]):
        raise Misread(
            "To leave out what follows, write - and not !; in quotation marks it means itself.", text, at, at + 1
        )
    return _field(text, at) or _words(text, at)


def _words(text: str, at: int) -> Token:
    if slip := slips.of_word(text, at):
        raise Misread(slip[0], text, at, slip[1])
    return Token("words", at, (value := _value(text, at)).end, values=(value,))


def _field(text: str, at: int) -> Token | None:
    """A name, an operator and a value, if they stand here; an address like http://... is words."""
    name = _NAME.match(text, at)
    sign = _OPERATOR.match(text, name.end()) if name else None
    if sign is None and (fault := _NO_KEY.match(text, at)):
        reason = (
            f"{fault[1]} is followed by a dot and a key, as in {fault[1]}.title; one with signs in quotation marks."
        )
        raise Misread(reason, text, at, fault.end())
    if name is None or sign is None or text.startswith("://", sign.start()):
        return None
    if sign[0] == "~" and not text[sign.end() : sign.end() + 1].strip().strip(")"):
        return None
    if slip := slips.of_value(name[0], sign[0], text, sign.end()):
        raise Misread(slip[0], text, at, slip[1])
    values, end = _values(text, sign.end(), at)
    parts = tuple(unquoted(part) for part in _PART.findall(name[0]))
    return Token("field", at, end, parts, sign[0], values)


def _values(text: str, at: int, start: int) -> tuple[tuple[Value, ...], int]:
    """One value, or several in parentheses, and where they end."""
    if text[at : at + 1] == "(":
        return _several(text, at + 1, start)
    if at >= len(text) or text[at].isspace() or text[at] == ")":
        raise Misread("A value is missing; to ask whether there is any, write a star.", text, start, at)
    value = _value(text, at)
    return (value,), value.end


def _several(text: str, at: int, start: int) -> tuple[tuple[Value, ...], int]:
    found: list[Value] = []
    while at < len(text) and text[at] != ")":
        if text[at].isspace():
            at += 1
            continue
        value = _value(text, at)
        at = value.end
        joint = None if value.quoted else _JOINTS.get(value.text)
        if joint in ("and", "not"):
            reason = f"One of these values is asked for, so {value.text} can't stand here; in quotation marks it can."
            raise Misread(reason, text, value.start, value.end)
        if not value.quoted and value.text.endswith(","):
            reason = "These values stand side by side without commas; in quotation marks a comma means itself."
            raise Misread(reason, text, value.start, value.end)
        if joint is None:
            found.append(value)
    if at >= len(text):
        raise Misread("These values want a parenthesis at their end.", text, start, at)
    if not found:
        raise Misread("Values are missing between these parentheses.", text, start, at + 1)
    return tuple(found), at + 1


def _value(text: str, at: int) -> Value:
    if text[at] == '"':
        string = _STRING.match(text, at)
        if string is None:
            raise Misread("This quotation mark has no partner.", text, at, len(text))
        if re.match(r"[^\s()|&]", text[string.end() :]):
            reason = 'Behind this quotation mark a blank is expected; inside of it, \\" is a quotation mark.'
            raise Misread(reason, text, string.end() - 1, string.end() + 1)
        return Value(unquoted(string[0]), True, at, string.end())
    bare = _BARE.match(text, at)
    if bare is None:
        raise Misread("A value is expected here.", text, at, at + 1)
    return Value(bare[0], False, at, bare.end())
