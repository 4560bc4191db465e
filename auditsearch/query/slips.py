"""Slips: what other search boxes read in their own way and this one would take literally, each with the remedy."""

from __future__ import annotations

import re

_RANGE = re.compile(r"[\[{]\s*(\S+)\s+TO\s+([^\s\]}]+)\s*[\]}]")
_DOTS = re.compile(r"([+-]?\d+(?:\.\d+)?)\.\.([+-]?\d+(?:\.\d+)?)(?![^\s)])")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\d\d?:\d\d[^\s)]*)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\s\d{3})+(?![^\s)])")
_DIGITS = re.compile(r"[\d.~]+(?![^\s)])")
_APART = re.compile(r"(?P<sign>[:=])[^\W_][^\s()\"]*")
_ALONE = re.compile(r"(?P<sign>[<>]=?|[:=])(?:(?=[\s)]|$)|[+-]?\d[^\s()\"]*)")
_JOKER = re.compile(r"[^\W\d_]+\?[^\W\d_]+(?![^\s)])")

_LITERALLY = "In quotation marks every sign means itself."


def of_value(name: str, operator: str, text: str, at: int) -> tuple[str, int] | None:
    """Return what is wrong with the bare value at `at`, and where it ends; None where nothing is."""
    if operator == ":" and (found := _RANGE.match(text, at) or _DOTS.match(text, at)):
        return f"What lies between two values is asked by both: {name}>={found[1]} {name}<={found[2]}.", found.end()
    if operator == "~":
        reason = f"Behind ~ stands a regular expression; digits alone want quotation marks. Like a word is {name}~."
        return (reason, found.end()) if (found := _DIGITS.match(text, at)) else None
    if found := _MOMENT.match(text, at):
        return f'Date and time are one value: "{found[0]}" in quotation marks, or {found[1]}T{found[2]}.', found.end()
    if operator != ":" and (found := _GROUPED.match(text, at)):
        number = re.sub(r"\s", "", found[0])
        return f"A number has no blanks: {number}. {_LITERALLY}", found.end()
    return None


def of_word(text: str, at: int) -> tuple[str, int] | None:
    """Return what is wrong with the bare word at `at`, and where it ends; None where nothing is."""
    if found := _APART.match(text, at) or _ALONE.match(text, at):
        asked = f"total{found['sign']}5" if found["sign"][0] in "<>" else f"status{found['sign']}paid"
        return f"An operator stands between name and value without blanks: {asked}. {_LITERALLY}", found.end()
    if found := _JOKER.match(text, at):
        return f"A question mark stands for no letter; a star may end a word. {_LITERALLY}", found.end()
    return None
