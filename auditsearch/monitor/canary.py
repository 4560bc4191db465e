"""The canary: an event that is written, shipped and found again, to prove the whole way."""

from __future__ import annotations

import secrets
import time
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS

from auditsearch.capture.actions import record
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError
from auditsearch.models import OutboxRow, State
from auditsearch.search import Events

CODE = "canary"
"""Code of the event."""

LOOK_SECONDS = 0.2


class Flown(NamedTuple):
    """How it went: seconds from the write until it was found; if it was not, `seconds` is None and `where` it is."""

    seconds: float | None
    where: str = ""


def fly(using: str = DEFAULT_DB_ALIAS, timeout: float = 30) -> Flown:
    """Write an event and wait until a search finds it, at most `timeout` seconds. Whoever ships must ship it."""
    began = time.monotonic()
    event = record(CODE, verbose="Is this event found?", using=using, nonce=secrets.token_hex(8))
    if event is None:
        return Flown(None, "ENABLED is off: nothing is captured")
    trouble = ""
    while time.monotonic() - began < timeout:
        try:
            if Events().filter(id=event).count() == 1:
                return Flown(round(time.monotonic() - began, 3))
        except AuditSearchError as error:
            trouble = str(error)
        time.sleep(LOOK_SECONDS)
    return Flown(None, trouble or _where(settings.DATABASE or using, event))


def _where(alias: str, event: str) -> str:
    row = OutboxRow.objects.using(alias).filter(event_id=event).first()
    if row is None or row.state == State.SHIPPED:
        return "it was shipped, but a search does not find it"
    return f"it is {row.get_state_display()} in the outbox" + (
        f": {row.error}" if row.error else "; does a shipper run?"
    )
