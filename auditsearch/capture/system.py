"""Events that no model tells: sign-ins, hooked actions, rights. Nothing here can keep anybody from what they do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction

from auditsearch.capture.record import Record, write
from auditsearch.conf import settings
from auditsearch.context import ip_of

logger = logging.getLogger("auditsearch")


def telling() -> bool:
    """Return whether such events are written at all."""
    return settings.ENABLED and settings.SYSTEM_EVENTS


def tell(code: str, fill: Callable[[Record], None], *, request: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
    """Write an event that `fill` completes, in a savepoint of its own; what fails is logged, and never raised."""
    if not telling():
        return
    try:
        draft = Record(str.__str__(code), system=True)
        draft.place()
        draft.ip = draft.ip or (ip_of(request) if request is not None else None)
        fill(draft)
        with transaction.atomic(using=settings.DATABASE or using):
            write(using, [draft])
    except Exception:
        logger.exception("An event was not audited", extra={"action": str.__str__(code)})
