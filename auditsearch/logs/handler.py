"""The handler that makes records of Python's logging events of a log."""

from __future__ import annotations

import logging

from auditsearch.quiet import is_quiet, quietly

QUEUE = 10_000
"""Events that wait for the database at most; what comes while they do is counted as lost."""

TAKEN = "auditsearch_taken"
"""Attribute of a record that has the handler which makes it an event: one of several, where it passes by them."""


class AuditHandler(logging.Handler):
    """Puts each record into the outbox. Never raises into the caller, never makes a record of its own work an event.

    `log` is the log that its records belong to; by default a logger `auditsearch.<log>` belongs to <log>, all others
    to main. `using` is the database whose outbox takes them, `queue` how many may wait for it.

    A record is no part of the caller's transaction: what was said before a rollback stays said. A thread writes;
    where one more writer could make requests fail, in a SQLite file that is not opened with
    `transaction_mode: IMMEDIATE`, the caller's own thread does, between transactions.
    """

    def __init__(
        self, level: int | str = logging.NOTSET, *, log: str | None = None, using: str = "default", queue: int = QUEUE
    ) -> None:
        super().__init__(level)
        self.log, self.using, self.limit = log, using, queue

    def emit(self, record: logging.LogRecord) -> None:
        """Make the event now, with what is true now; it is written soon after."""
        if record.name == "auditsearch" or is_quiet() or vars(record).setdefault(TAKEN, self) is not self:
            return
        try:
            with quietly():
                self._take(record)
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Write what waits, now; not inside of a transaction, from which it would vanish by a rollback."""
        from auditsearch.logs import writer

        writer.flush(self.using)

    def _take(self, record: logging.LogRecord) -> None:
        from auditsearch import canonical  # what these need is not there yet when logging is configured
        from auditsearch.capture.personal import committed
        from auditsearch.conf import settings
        from auditsearch.logs import noise, writer
        from auditsearch.logs.records import heard_of, members
        from auditsearch.partition import partition_of

        if not settings.ENABLED:
            return
        tree = members(record, self.log)
        if settings.LOGS and noise.leaves_out(self.using, tree):
            return
        partition = partition_of(tree["ts"], log=tree["log_name"])
        tree, personal = committed(tree, heard_of(record)) if settings.PERSONAL else (tree, None)
        writer.put(self.using, (tree["id"], partition, canonical.dumps(tree), personal), self.limit)
