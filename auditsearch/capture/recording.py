"""Work that takes a while: downloads, exports, reports. One event tells of it at its end, with count and seconds."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from auditsearch.capture import mask
from auditsearch.capture.actions import record

T = TypeVar("T")
logger = logging.getLogger("auditsearch")


class Recording:
    """What is known of the work until now: `count`, and in `context` anything else that is worth finding."""

    def __init__(self, context: dict[str, Any]) -> None:
        self.count = 0
        self.context = context
        self.verbose = ""

    def counted(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield the rows, and count them as they pass."""
        for row in rows:
            self.count += 1
            yield row

    def __setitem__(self, name: str, value: Any) -> None:
        self.context[name] = value


@contextmanager
def recording(event_code: str, *, verbose: str = "", **given: Any) -> Iterator[Recording]:
    """Count and time what is done inside, and write one event of it at the end.

        with recording("export", object=course, log="students", file="grades.csv") as export:
            writer.writerows(export.counted(rows))

    Takes what `record` takes. The event's context has `count`, `seconds` and `outcome`: `done`, or `failed` with the
    class and the text of the error, which is raised on; the event then has the level ERROR and joins whatever
    transaction is open around it. Without `verbose`, the sentence is `export: 12 in 0.3 s`.
    """
    named = {name: given.pop(name) for name in _PARAMETERS if name in given}
    work, began = Recording(given), time.monotonic()
    work.verbose = verbose
    try:
        yield work
    except BaseException as error:
        what = {"outcome": "failed", "error": type(error).__name__, "message": mask.mask_text(str(error)[:1000])}
        try:
            _end(event_code, work, began, {"level": "ERROR", **named}, what)
        except Exception:  # the error may have broken the transaction, and is what the caller must see
            logger.exception("A failure was not audited", extra={"action": event_code})
        raise
    _end(event_code, work, began, named, {"outcome": "done"})


_PARAMETERS = ("object", "log", "level", "logger", "event_type", "system_type", "using", "personal")


def _end(code: str, work: Recording, began: float, named: dict[str, Any], outcome: dict[str, Any]) -> None:
    seconds = round(time.monotonic() - began, 3)
    verbose = work.verbose or f"{code}: {work.count} in {seconds:.1f} s{', failed' if 'error' in outcome else ''}"
    record(code, verbose=verbose, **named, **{**work.context, "count": work.count, "seconds": seconds, **outcome})
