"""Ship what waits in the outbox: once, or for as long as the command runs."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from auditsearch import again, backlog, fallback, outbox, sweep
from auditsearch.backends import get_backend
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError
from auditsearch.ship import Shipped, drain

IDLE_SECONDS = 1.0
"""Time between two looks into an empty outbox."""

LINE_SECONDS = 5.0
"""Time between two lines of progress where the output is no terminal."""

EXAMPLES = """
examples:
  manage.py auditsearch_ship
      ships what waits in every database, oldest first, and ends; run it after an outage, or from cron
  manage.py auditsearch_ship --watch
      goes on until SIGTERM or Ctrl-C: what DELIVERY = "command" needs, one such process a site or many
  manage.py auditsearch_ship --limit 1000 --database default
      the oldest 1,000 of one database, to see whether the store takes them
  manage.py auditsearch_ship --again 2026-11-21T03:00..
      once more what was confirmed since then, as far as KEEP_SHIPPED has kept it: for a cluster that was restored
      from a snapshot of that time; what it still has is not stored twice

Any number of shippers may run at once, beside the site's own; no event is stored twice. Events that the store can't
take now wait for their next turn; `manage.py auditsearch_check` shows them. Stopping loses nothing, in no moment.
"""


class Command(BaseCommand):
    """`auditsearch_ship`: outbox in, store out."""

    help = "Ship the events that wait in the outbox to the store."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--watch", action="store_true", help="go on until SIGTERM or Ctrl-C")
        parser.add_argument("--limit", type=int, metavar="N", help="ship at most N events")
        parser.add_argument("--again", type=_period, metavar="RANGE", help=f"ship once more: {again.FORM}")
        parser.add_argument("--database", metavar="ALIAS", help="ship from this database only (default: from each)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ship; SIGTERM and SIGINT end it after the batch that is on its way."""
        aliases = _aliases(options["database"])
        if options["limit"] is not None and (options["limit"] < 1 or options["watch"]):
            raise CommandError("--limit takes a number above zero, and goes without --watch.")
        if options["again"]:
            self._reopen(aliases, options["again"])
        with _stopped_by_signals() as quit_:
            try:
                self._watch(aliases, quit_) if options["watch"] else self._once(aliases, options["limit"], quit_)
            except AuditSearchError as error:
                raise CommandError(f"{error} The events wait in the outbox.") from error

    def _once(self, aliases: list[str], limit: int | None, quit_: threading.Event) -> None:
        fallback.refill(outbox.insert)
        total = Shipped()
        for alias in aliases:
            left = None if limit is None else limit - total.counts.total()
            if left != 0 and not quit_.is_set():
                total += self._drain(alias, left, quit_)
        self.stdout.write(f"{total.done:,} events shipped.")
        sweep.tell(total)
        if total.put_off:
            raise CommandError(f"{total.put_off:,} events were put off by the store; they wait for their next turn.")

    def _reopen(self, aliases: list[str], when: again.Period) -> None:
        for alias in aliases:
            drain(alias, get_backend(), 0)  # what is only noted as shipped becomes a row that says so
            self.stdout.write(f"{alias}: {again.reopen(alias, when):,} events are shipped once more.")

    def _drain(self, alias: str, limit: int | None, quit_: threading.Event) -> Shipped:
        progress = Progress(self, alias, backlog.counts(alias).get("waiting", 0), limit)
        end = time.monotonic() + settings.LEASE_SECONDS
        while True:
            shipped = drain(alias, get_backend(), limit, stop=quit_.is_set, progress=progress)
            if not shipped.busy or quit_.wait(0.2):
                progress.close()
                return shipped
            if time.monotonic() > end:
                raise CommandError(f"Another process of this host is shipping from {alias!r}: leave it at work.")

    def _watch(self, aliases: list[str], quit_: threading.Event) -> None:
        self.stdout.write(f"Shipping from {', '.join(aliases)} until SIGTERM or Ctrl-C.")
        while not quit_.is_set():
            done = sum(sweep.deliver(alias, stop=quit_.is_set).done for alias in aliases)
            if done:
                self.stdout.write(f"{done:,} events shipped.")
            for alias in aliases:
                if not connections[alias].in_atomic_block:
                    connections[alias].close_if_unusable_or_obsolete()
            quit_.wait(IDLE_SECONDS)
        for alias in aliases:
            drain(alias, get_backend(), 0)  # removes what was shipped
        self.stdout.write("Stopped.")


class Progress:
    """Tells how far a run is: one line rewritten on a terminal, a line every few seconds elsewhere."""

    def __init__(self, command: BaseCommand, alias: str, waiting: int, limit: int | None) -> None:
        self.out, self.alias = command.stderr, alias
        self.all = waiting if limit is None else min(waiting, limit)
        self.begun = self.told = time.monotonic()
        self.live = self.out.isatty()

    def __call__(self, shipped: Shipped) -> None:
        """Tell it after a batch, if it is time to."""
        now = time.monotonic()
        if not self.live and now - self.told < LINE_SECONDS:
            return
        self.told = now
        line = _sentence(self.alias, shipped.counts.total(), self.all, now - self.begun)
        self.out.write(f"\r{line:<79}" if self.live else line, lambda text: text, ending="" if self.live else "\n")

    def close(self) -> None:
        """Leave the line as it is."""
        if self.live and self.told > self.begun:
            self.out.write("")


def _period(text: str) -> again.Period:
    try:
        return again.period(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from error


def _sentence(alias: str, done: int, whole: int, seconds: float) -> str:
    rate = done / seconds if seconds else 0
    left = max(0, whole - done)
    minutes, rest = divmod(int(left / rate) if rate else 0, 60)
    return f"{alias}: {done:,} of {whole:,} shipped, {rate:,.0f}/s, {minutes}:{rest:02} left"


def _aliases(chosen: str | None) -> list[str]:
    known = outbox.aliases()
    if chosen is not None and chosen not in known:
        raise CommandError(f"--database {chosen}: no outbox can be there. Known are: {', '.join(known)}.")
    found = [chosen] if chosen else [alias for alias in known if backlog.migrated(alias)]
    if not found:
        raise CommandError(f"No database has the outbox's table. Run: manage.py migrate --database={known[0]}")
    return found


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    quit_ = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield quit_
        return
    former = {number: signal.signal(number, lambda *_: quit_.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield quit_
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
