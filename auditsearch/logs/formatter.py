"""A formatter whose lines are events in JSON, for files and stdout: of services without Django too."""

from __future__ import annotations

import logging
from typing import Any

from pythonjsonlogger.core import BaseJsonFormatter

from auditsearch import canonical
from auditsearch.conf import settings
from auditsearch.logs import ecs
from auditsearch.logs.records import ENVELOPE, heard_of, members


class AuditFormatter(BaseJsonFormatter):
    """Writes each record as one line: the event's canonical JSON, or with `ecs` the names of the Elastic Common Schema.

    `log` is the log that it belongs to; by default `auditsearch.<log>` belongs to <log>, any other logger to main.
    `static_fields` of python-json-logger go into each event, `rename_fields` and `prefix` work as there, but lines that
    are renamed otherwise than by `ecs` are read back by `auditsearch_import` as those of a stranger.
    """

    def __init__(self, *args: Any, ecs: bool = False, log: str | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.ecs, self.log = ecs, log

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Never raises, whatever a message, an argument or an extra value is."""
        tree = members(record, self.log)
        if settings.PERSONAL:
            tree = _hidden(record, tree)
        for name, value in self.static_fields.items():
            if name in ENVELOPE:
                tree[ENVELOPE[name]] = str(value)
            else:
                tree.setdefault("context", {}).setdefault(name, canonical.normalise(value))
        tree = ecs.written(tree) if self.ecs else tree
        return self.serialize_log_record(
            self.process_log_record({self._get_rename(name): value for name, value in tree.items()})
        )

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Return canonical JSON: keys sorted, no line breaks."""
        return canonical.dumps(log_data)


def _hidden(record: logging.LogRecord, tree: dict[str, Any]) -> dict[str, Any]:
    """Nobody knows who reads a file: what PERSONAL names does not stand there."""
    from auditsearch.capture.personal import hidden  # models: not there yet when logging is configured

    return hidden(tree, heard_of(record))
