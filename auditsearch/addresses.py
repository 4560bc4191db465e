"""Where a request comes from: its address, behind proxies that are trusted, too."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from django.http import HttpRequest

from auditsearch.conf import settings

UNIX_SOCKET = "unix"
"""Entry of TRUSTED_PROXIES that means a proxy which connects through a Unix socket, and so has no address."""


def ip_of(request: HttpRequest) -> str | None:
    """Return the sender's address: REMOTE_ADDR, or behind trusted proxies the last hop that is none of them."""
    hop = request.META.get("REMOTE_ADDR") or ""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if forwarded and trusted(hop):
        for hop in reversed(forwarded.split(",")):
            if not trusted(_bare(hop)):
                break
    address = _address(_bare(hop))
    return str(address) if address else None


def trusted(address: str) -> bool:
    """Return whether `address` (empty for a Unix socket) is one of TRUSTED_PROXIES."""
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return False
    if not address:
        return UNIX_SOCKET in proxies
    return inside(address, tuple(proxies))


@lru_cache(maxsize=1024)
def inside(text: str, networks: tuple[str, ...]) -> bool:
    """Return whether an address lies in one of some networks; what is no address lies in none."""
    address = _address(text)
    return address is not None and any(address in known for each in networks if (known := network(each)))


@lru_cache
def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return the network or address that an entry of a setting names, None where it is none: E014 tells of it."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _bare(hop: str) -> str:
    """Return a hop without port and brackets: `[::1]:80` is `::1`, `10.0.0.1:80` is `10.0.0.1`."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
