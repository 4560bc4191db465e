"""System checks of what watches auditing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from auditsearch.addresses import UNIX_SOCKET, network
from auditsearch.checks import check_settings
from auditsearch.conf import settings
from auditsearch.monitor import alerts

ADDRESS = "Write it as '10.0.0.7', or as a network, '10.0.0.0/8'."
"""How an address is written in a setting."""


@register("auditsearch")
def check_monitoring(**_: Any) -> list[CheckMessage]:
    """E014: an alert, an address of a monitor or a proxy, or the file of the policy that can't be right."""
    return [] if check_settings() else [Error(*said, id="auditsearch.E014") for said in _wrong()]


def _wrong() -> Iterator[tuple[str, str | None]]:
    for name, problem in alerts.problems():
        yield f"AUDITSEARCH['ALERTS'][{name!r}]: {problem}", None
    for name in ("MONITOR_ADDRESSES", "TRUSTED_PROXIES"):
        for address in getattr(settings, name):
            if network(address) is None and (name, address) != ("TRUSTED_PROXIES", UNIX_SOCKET):
                yield f"AUDITSEARCH[{name!r}] has {address!r}, which is no address.", ADDRESS
    if settings.POLICY == "degrade" and settings.FALLBACK_FILE is None:
        hint = 'Set AUDITSEARCH["FALLBACK_FILE"] = "/var/lib/site/audit.ndjson"'
        yield "AUDITSEARCH['POLICY'] is degrade, and there is no file for what the outbox can't take.", hint
