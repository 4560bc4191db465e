"""What each lookup means, on one leaf of an event: the oracle's words, which know nothing of facts."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from auditsearch.facts import Leaf
from auditsearch.forms import VALUE, iso_utc, plain, utc_text
from auditsearch.query.regex import Pattern
from auditsearch.query.values import Value, kind_of
from auditsearch.words import fold

Meaning = Callable[[Leaf, Any], bool]
"""Whether a leaf fits a coerced value."""

Order = Callable[[Any, Any], bool]


def text_form(leaf: Leaf) -> str | None:
    """Return the text that a leaf is asked as; None of an empty container."""
    if leaf.kind == "number":
        return plain(leaf.value)
    if leaf.kind == "bool":
        return "true" if leaf.value else "false"
    return leaf.value if leaf.kind == "text" else None


def time_form(leaf: Leaf) -> str | None:
    """Return the UTC time of a leaf that is a full ISO date or time."""
    return iso_utc(leaf.value) if leaf.kind == "text" else None


def equals(leaf: Leaf, value: Value) -> bool:
    """Text by its text form, the others by kind and value."""
    kind = kind_of(value)
    if isinstance(value, bool | int | Decimal):
        return leaf.kind == kind and bool(leaf.value == value)
    return text_form(leaf) == value if isinstance(value, str) else time_form(leaf) == utc_text(value)


def one_of(leaf: Leaf, values: tuple[Value, ...]) -> bool:
    """Any of them is equal."""
    return any(equals(leaf, value) for value in values)


def textual(fits: Callable[[str, str], bool]) -> Meaning:
    """Of the text form."""
    return lambda leaf, value: (form := text_form(leaf)) is not None and fits(form, value)


def folded(fits: Callable[[str, str], bool]) -> Meaning:
    """The folded question, of the text form or of its folded form."""
    return textual(lambda form, value: fits(form, fold(value)) or fits(fold(form), fold(value)))


def found(leaf: Leaf, pattern: Pattern) -> bool:
    """The regular expression is found in the text form."""
    return (form := text_form(leaf)) is not None and pattern.search(form)


def found_folded(leaf: Leaf, pattern: Pattern) -> bool:
    """The expression with its literals folded is found in the text form or in its folded form."""
    return (form := text_form(leaf)) is not None and (pattern.search(form) or pattern.search(fold(form)))


def in_network(leaf: Leaf, network: IPv4Network | IPv6Network) -> bool:
    """The text is an address of the network; an IPv6 form of an IPv4 address is an IPv6 one."""
    try:
        return leaf.kind == "text" and ip_address(leaf.value) in network
    except ValueError:
        return False


def ordered(order: Order) -> Meaning:
    """Numbers with numbers, times with times, other text by code point up to its 256th character."""

    def fits(leaf: Leaf, value: Value) -> bool:
        if isinstance(value, str):
            return leaf.kind == "text" and time_form(leaf) is None and order(leaf.value[:VALUE], value[:VALUE])
        if isinstance(value, int | Decimal):
            return leaf.kind == "number" and order(leaf.value, value)
        return (form := time_form(leaf)) is not None and order(form, utc_text(value))

    return fits


def within(leaf: Leaf, ends: tuple[Value, Value]) -> bool:
    """One element that is neither below the first end nor above the last."""
    return ordered(operator.ge)(leaf, ends[0]) and ordered(operator.le)(leaf, ends[1])


def known(leaf: Leaf, value: bool) -> bool:
    """Whatever stands at the path or beneath it is a value; `isnull` asks for the opposite."""
    return True
