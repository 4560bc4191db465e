"""Remove the events whose time is over, by the rules of RETENTION."""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from auditsearch.backends import get_backend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life import retention
from auditsearch.management.progress import Progress
from auditsearch.management.stoppable import StoppableCommand

EXAMPLES = """
examples:
  manage.py auditsearch_retention
      what would be removed now, by partition; it changes nothing
  manage.py auditsearch_retention --apply
      removes it: from cron, once a day or once a month

A partition of which all is due is dropped whole; of others, the events that are due go one by one. Events under a legal
hold stay (auditsearch_hold). A partition for which events wait in the outbox is left for the next run. Each run that
removes is an audit event itself.

Exit code: 0 if all that is due was removed, 1 if something was refused.
"""


class Command(StoppableCommand):
    """`auditsearch_retention`: a plan, or the deed."""

    help = "Show, and with --apply remove, the events whose time is over by the setting RETENTION."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--apply", action="store_true", help="remove it; without this nothing is changed")
        parser.add_argument("--dry-run", action="store_true", help="change nothing, as without --apply")
        parser.add_argument("--everything", action="store_true", help="even where that is every event there is")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, tell, and where it was said, remove."""
        if options["apply"] and options["dry_run"]:
            raise CommandError("--apply removes and --dry-run does not: say one of them.")
        now, progress = timezone.now(), Progress(self.stderr)
        try:
            backend = get_backend()
            retention.check_host(now)
            plan = retention.planned(backend, now)
            done = None
            if options["apply"] and plan:
                done = retention.apply(backend, plan, now, everything=options["everything"], progress=progress)
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        finally:
            progress.close()
        if options["json"]:
            self.stdout.write(json.dumps({"due": [asdict(each) for each in plan], "done": done and asdict(done)}))
        else:
            self._tell(plan, done)
        if done and done.refused:
            raise SystemExit(1)

    def _tell(self, plan: list[retention.Due], done: retention.Done | None) -> None:
        for each in plan:
            how = "all of them" if each.due == each.events else f"of {each.events:,}"
            refused = (done.refused if done else {}).get(each.partition, each.refused)
            told = [f"{each.due:,} events, {how}"] * bool(each.events) + [f"refused: {refused}"] * bool(refused)
            self.stdout.write(f"{each.partition}: {'; '.join(told)}")
        if done:
            removed = sum(done.removed.values())
            self.stdout.write(f"{removed:,} events removed, {len(done.dropped)} partitions dropped whole.")
        elif plan:
            self.stdout.write(f"{sum(each.due for each in plan):,} events are due. Nothing was changed: say --apply.")
        else:
            self.stdout.write("No event is due." if retention.rules() else "RETENTION has no rules: all is kept.")
