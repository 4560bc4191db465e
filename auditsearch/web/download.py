"""A file that is made while it is sent: in flat memory, told once however it ends, and never short without a word."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice

from asgiref.sync import sync_to_async

from auditsearch.backends.base import Hit
from auditsearch.exceptions import AuditSearchError
from auditsearch.web.forms import Form

BATCH = 500
"""Events of one piece of the file."""

Told = Callable[["Download"], None]

logger = logging.getLogger("auditsearch")


class Download:
    """The pieces of a file of at most `limit` of the `hits`. The first events are fetched at once: that may raise.

    `told` is called once with this object when the file ends: `outcome` is then done, broken_off or failed, `capped`
    whether there were more events than `limit`.
    """

    def __init__(self, hits: Iterator[Hit], form: Form, limit: int, told: Told) -> None:
        self.form, self.limit, self.told = form, limit, told
        self.began = time.monotonic()
        self.count = 0
        self.capped = False
        self.outcome, self.error = "broken_off", ""
        self._fetched, self._hits = hits, chain(list(islice(hits, 1)), hits)
        self._pieces = self._made()
        self._open = True

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return round(time.monotonic() - self.began, 3)

    def __iter__(self) -> Download:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def piece(self) -> bytes | None:
        """Return the next piece, None at the end."""
        return next(self, None)

    def close(self) -> None:
        """Tell how it ended; whoever serves the file calls this, too, when somebody has broken it off."""
        if self._open:
            self._open = False
            if isinstance(self._fetched, Generator):
                self._fetched.close()
            try:
                self.told(self)
            except Exception:  # the file was sent: there is nobody left to refuse it to
                logger.exception("An export was not audited", extra={"action": "audit_export"})

    def _made(self) -> Iterator[bytes]:
        yield self.form.head()
        try:
            yield from self._rows()
        except AuditSearchError as error:
            yield self._failed(error, str(error))
        except Exception as error:
            logger.exception("An export failed", extra={"action": "audit_export"})
            yield self._failed(error, "an error, which stands in the site's log")
        else:
            self.outcome = "done"
            if self.capped:
                yield self.form.note(f"cut at the limit of {self.limit} events; there are more.")

    def _rows(self) -> Iterator[bytes]:
        while batch := list(islice(self._hits, min(BATCH, self.limit - self.count))):
            self.count += len(batch)
            yield self.form.rows(batch)
        self.capped = next(self._hits, None) is not None

    def _failed(self, error: Exception, reason: str) -> bytes:
        self.outcome, self.error = "failed", type(error).__name__
        return self.form.note(f"not whole, it ends after {self.count} events: {reason}")


class AsyncDownload:
    """The same for an asynchronous server, which would otherwise hold the whole file in memory."""

    def __init__(self, download: Download) -> None:
        self.download = download

    def __aiter__(self) -> AsyncDownload:
        return self

    async def __anext__(self) -> bytes:
        piece = await sync_to_async(self.download.piece)()
        if piece is None:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """Tell how it ended."""
        self.download.close()
