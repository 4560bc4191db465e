"""System checks of what a log's life is set to: retention and archives."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error, register

from auditsearch.checks import check_settings
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.archive import stem
from auditsearch.life.retention import rules, unreached


@register("auditsearch")
def check_life(**_: Any) -> list[CheckMessage]:
    """E018: a rule of RETENTION that is wrong or decides nothing. E019: archives without zstandard, or a name."""
    if check_settings():
        return []
    found: list[CheckMessage] = []
    try:
        found.extend(Error(told, "Put it before that one.", id="auditsearch.E018") for told in unreached(rules()))
    except AuditSearchError as error:
        found.append(Error(str(error), id="auditsearch.E018"))
    try:
        stem()
    except AuditSearchError as error:
        found.append(Error(str(error), id="auditsearch.E019"))
    if settings.ARCHIVE_DESTINATION and find_spec("zstandard") is None:
        hint = 'pip install "auditsearch[archive]"'
        found.append(Error("ARCHIVE_DESTINATION is set, and zstandard is not installed.", hint, id="auditsearch.E019"))
    return found
