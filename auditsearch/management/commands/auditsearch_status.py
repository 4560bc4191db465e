"""How auditing is, for people, for scripts and for monitoring."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import CommandError
from django.db import connections

from auditsearch import outbox
from auditsearch.exceptions import AuditSearchError
from auditsearch.management.stoppable import StoppableCommand
from auditsearch.monitor import alerts, canary
from auditsearch.monitor.health import Database, Health, health

EXAMPLES = """
examples:
  manage.py auditsearch_status
      backlog, age of the oldest event, rates, what is held, the last error, the store
  manage.py auditsearch_status --json | jq .databases.default.oldest_seconds
  manage.py auditsearch_status --quiet || restart-something
  manage.py auditsearch_status --canary
      writes an event and waits until a search finds it: proves the whole way, shipper included
  manage.py auditsearch_status --alerts --every 60
      goes on, and tells by mail or webhook what AUDITSEARCH["ALERTS"] names, when it begins and when it ends

Exit code: 0 if all is well, 1 if somebody must act.
"""

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


class Command(StoppableCommand):
    """`auditsearch_status`: numbers, findings, and an exit code."""

    help = "Tell how auditing is: what waits and why, rates, what is held, and the state of the store."
    after = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        parser.add_argument("--quiet", action="store_true", help="print no state: the exit code tells it")
        parser.add_argument("--canary", action="store_true", help="write an event and find it again")
        parser.add_argument("--database", default="default", metavar="ALIAS", help="where the canary starts")
        parser.add_argument("--timeout", type=float, default=30, metavar="SECONDS", help="how long it may take (30)")
        parser.add_argument("--alerts", action="store_true", help="tell those who are to be told")
        parser.add_argument("--every", type=float, metavar="SECONDS", help="look again and again")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, tell, and exit with 1 if somebody must act."""
        while True:
            now = health()
            bad = not self._fly(options) if options["canary"] else False
            if not options["quiet"]:
                self._print(now, as_json=options["json"])
            if options["alerts"]:
                self._alert(now, again=bool(options["every"]))
            if not options["every"]:
                break
            _rest(options["every"])
        if bad or not now.ok:
            raise SystemExit(1)

    def _fly(self, options: dict[str, Any]) -> bool:
        if options["database"] not in outbox.aliases():
            raise CommandError(f"--database {options['database']}: known are {', '.join(outbox.aliases())}.")
        flown = canary.fly(options["database"], options["timeout"])
        told = f"found after {flown.seconds} s" if flown.seconds is not None else f"NOT FOUND: {flown.where}"
        if not options["quiet"]:
            (self.stderr if options["json"] else self.stdout).write(f"canary: {told}")
        return flown.seconds is not None

    def _alert(self, now: Health, *, again: bool) -> None:
        failed: dict[str, Exception] = {}
        try:
            for news in alerts.look(now, failed):
                self.stdout.write(str(news))
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        told = "; ".join(f"{name}: {error}" for name, error in failed.items())
        if told and not again:
            raise CommandError(f"Alerts could not be told: {told}")
        if told:
            self.stderr.write(f"Alerts could not be told, and are tried again: {told}")

    def _print(self, now: Health, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(now.as_json(), ensure_ascii=False))
            return
        if now.events is not None:
            self.stdout.write(f"{now.events:,} events in the store")
        for alias, found in now.databases.items():
            self.stdout.write(f"{alias}: {_sentence(found)}")
        for finding in now.findings:
            hint = f"\n         {finding.hint}" if finding.hint else ""
            self.stdout.write(f"{MARKS[finding.level]}  {finding.message}{hint}")


def _rest(seconds: float) -> None:
    """Wait, with no connection kept that the database may have closed by then."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
    time.sleep(seconds)


def _sentence(found: Database) -> str:
    parts = [", ".join(f"{n:,} {state}" for state, n in sorted(found.rows.items())) or "nothing in the outbox"]
    if found.oldest_seconds is not None:
        parts.append(f"the oldest waits for {found.oldest_seconds:,.0f} s")
    if found.captured_per_minute is not None and found.shipped_per_minute is not None:
        parts.append(f"{found.captured_per_minute:,.0f} captured and {found.shipped_per_minute:,.0f} shipped a minute")
    if found.last_error:
        parts.append(f"last error: {found.last_error}")
    return "; ".join([*parts, f"delivery: {found.delivery}"])
