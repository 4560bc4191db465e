"""The time in which auditing was switched off: said in Python's log when it begins, and by an event once it is over.

Off means no rows and no queries, so a file remembers the beginning: `auditsearch-off`, beside the embedded store.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from django.conf import settings as django_settings
from django.db import transaction

from auditsearch.conf import settings

FILE = "auditsearch-off"
"""Name of the file; with a suffix while the process of this id tells of it."""

logger = logging.getLogger("auditsearch")
pending: list[Path] = []
"""Files that tell of a gap which no event tells of yet."""


def look() -> None:
    """Note that auditing is off, or that it is on again; once, when the site starts."""
    pending.clear()
    if settings.ENABLED:
        pending.extend(_folder().glob(f"{FILE}*"))
        return
    logger.warning("Auditing is off: AUDITSEARCH['ENABLED'] is False", extra={"action": "auditing_off"})
    try:
        with (_folder() / FILE).open("x") as file:
            file.write(datetime.now(UTC).isoformat())
    except FileExistsError:
        pass  # off since then
    except OSError as error:
        logger.warning("No event will tell that auditing was off: %s", error, extra={"action": "auditing_off"})


def close(using: str) -> None:
    """Tell of the gap once what is written now is committed; so the event can't be rolled back."""
    transaction.on_commit(partial(_tell, using), using=using, robust=True)


def _tell(using: str) -> None:
    from auditsearch.capture.actions import record  # it writes, and writing looks here

    found, pending[:] = list(pending), []
    for path in found:
        claimed = path.with_name(f"{FILE}.{os.getpid()}")
        try:
            os.replace(path, claimed)  # of several processes one finds it
            began = datetime.fromisoformat(claimed.read_text())
        except (OSError, ValueError):
            continue
        now = datetime.now(UTC)
        seconds = round((now - began).total_seconds())
        verbose = f"Auditing was off from {began:%Y-%m-%d %H:%M:%S} to {now:%Y-%m-%d %H:%M:%S} UTC"
        record("auditing_resumed", verbose=verbose, level="WARNING", using=using, since=began, seconds=seconds)
        claimed.unlink(missing_ok=True)


def _folder() -> Path:
    if settings.PATH:
        return Path(settings.PATH).parent
    return Path(getattr(django_settings, "BASE_DIR", None) or Path.cwd())
