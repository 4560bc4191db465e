"""System checks of what watches auditing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from auditsearch.checks import check_settings
from auditsearch.conf import settings
from auditsearch.monitor import alerts


@register("auditsearch")
def check_monitoring(**_: Any) -> list[CheckMessage]:
    """E014: an alert, an address of a monitor, or the file of the policy that can't be right."""
    return [] if check_settings() else [Error(*said, id="auditsearch.E014") for said in _wrong()]


def _wrong() -> Iterator[tuple[str, str | None]]:
    for name, problem in alerts.problems():
        yield f"AUDITSEARCH['ALERTS'][{name!r}]: {problem}", None
    for address in settings.MONITOR_ADDRESSES:
        if not _is_network(address):
            yield f"AUDITSEARCH['MONITOR_ADDRESSES'] has {address!r}, which is no address.", None
    if settings.POLICY == "degrade" and settings.FALLBACK_FILE is None:
        hint = 'Set AUDITSEARCH["FALLBACK_FILE"] = "/var/lib/site/audit.ndjson"'
        yield "AUDITSEARCH['POLICY'] is degrade, and there is no file for what the outbox can't take.", hint


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
