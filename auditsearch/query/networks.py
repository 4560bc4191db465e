"""`cidr` as questions about the text of an address: an engine answers it from the facts that it has anyway."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from itertools import groupby

from auditsearch.query.algebra import any_of
from auditsearch.query.regex import Pattern
from auditsearch.query.tree import Fact, Node, Superset, Where

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_GROUP = 16  # bits of one group of an IPv6 address
_FOUR_DIGITS = 0x1000  # from here on a group is written in one way, but for its letters' case


def within(where: Where) -> Node:
    """IPv4 exactly, as one regular expression; of IPv6, which has many forms, what begins alike, to be checked."""
    network = where.value
    if isinstance(network, IPv4Network):
        return Fact(where.path, "=", "regexp", Pattern(_dotted(network)))
    return Superset(_colons(where.path, network), where)


def _dotted(network: IPv4Network) -> str:
    whole, bits = divmod(network.prefixlen, 8)
    octets = [str(octet) for octet in network.network_address.packed]
    if bits:
        first = int(octets[whole])
        octets[whole] = _numbers(range(first, first + (1 << 8 - bits)))
    known = whole + bool(bits)
    return "^" + r"\.".join([*octets[:known], *[_OCTET] * (4 - known)]) + "\\Z"


def _numbers(numbers: range) -> str:
    tens = groupby(numbers, lambda number: number // 10)
    groups = [(ten or "", [number % 10 for number in some]) for ten, some in tens]
    return "(" + "|".join([f"{ten}[{digits[0]}-{digits[-1]}]" for ten, digits in groups]) + ")"


def _colons(path: str, network: IPv6Network) -> Node:
    first = int.from_bytes(network.network_address.packed[:2], "big")
    if network.prefixlen < _GROUP or first < _FOUR_DIGITS:
        return Fact(path, "=", "contains", ":")
    return any_of(Fact(path, "=", "prefix", f"{first:x}:", folded) for folded in (False, True))
