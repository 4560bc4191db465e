"""Look at the events that stay in the outbox until a person acts, send them again or drop them."""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from auditsearch import backlog, outbox, quarantine
from auditsearch.exceptions import AuditSearchError
from auditsearch.models import OutboxRow

EXAMPLES = """
examples:
  manage.py auditsearch_quarantine list
      what is held, and why: events that the store refused, took in part only, or that came after their partition
      was dropped
  manage.py auditsearch_quarantine show 0198c5e2-...
      one event, whole
  manage.py auditsearch_quarantine retry --all --state quarantined
      after the cause is gone: they wait for the next shipment as if they were new
  manage.py auditsearch_quarantine drop 0198c5e2-...
      removes the row for good, unless it is under a legal hold; an event `outbox_dropped` keeps its id, its hash and
      the reason. With --dry-run it is only shown

retry and drop are audit events themselves.
"""


class Command(BaseCommand):
    """`auditsearch_quarantine`: list, show, retry, drop."""

    help = "Show the events that are held in the outbox, send them again or drop them."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("do", choices=("list", "show", "retry", "drop"), help="what to do with them")
        parser.add_argument("events", nargs="*", metavar="ID", help="ids of events")
        parser.add_argument("--all", action="store_true", help="retry or drop all that are held")
        parser.add_argument("--state", choices=[str(state) for state in quarantine.HELD], help="only those held as")
        parser.add_argument("--database", metavar="ALIAS", help="in this database only (default: in each)")
        parser.add_argument("--dry-run", action="store_true", help="show what retry or drop would take; change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; ends with an error where a named event is not held."""
        events, do = options["events"] or None, options["do"]
        if do != "list" and not events and not (options["all"] and do != "show"):
            raise CommandError(f"Say which: {do} ID ...{'' if do == 'show' else f', or {do} --all'}.")
        states = [options["state"]] if options["state"] else quarantine.HELD
        found = {alias: quarantine.held(alias, states, events) for alias in _aliases(options["database"])}
        if missing := sorted(set(events or ()) - {row.event_id for rows in found.values() for row in rows}):
            raise CommandError(f"Not held: {', '.join(missing)}. `auditsearch_quarantine list` shows what is.")
        if do in ("list", "show"):
            self._show(found, whole=do == "show", as_json=options["json"])
        elif options["dry_run"]:
            number = sum(rows.count() for rows in found.values())
            self._show(found, whole=False, as_json=options["json"])
            self.stdout.write(f"{do} would be done to {number:,} events. Nothing was changed.")
        else:
            act = quarantine.retry if do == "retry" else quarantine.drop
            try:
                done = sum(act(alias, rows) for alias, rows in found.items())
            except AuditSearchError as error:
                raise CommandError(str(error)) from error
            said = "wait for the next shipment" if do == "retry" else "were dropped"
            self.stdout.write(f"{done:,} events {said}.")

    def _show(self, found: dict[str, quarantine.Rows], *, whole: bool, as_json: bool) -> None:
        for alias, rows in found.items():
            for row in rows.iterator(chunk_size=500):
                self.stdout.write(json.dumps(_told(alias, row, whole=whole)) if as_json else _line(alias, row))
                if whole and not as_json:
                    self.stdout.write(row.canonical)
        if not as_json and not any(rows.exists() for rows in found.values()):
            self.stdout.write("Nothing is held.")


def _told(alias: str, row: OutboxRow, *, whole: bool) -> dict[str, Any]:
    told = {"id": row.event_id, "database": alias, "state": row.state, "partition": row.partition}
    told |= {"captured": row.created_at.isoformat(), "reason": row.error}
    return told | {"canonical": row.canonical} if whole else told


def _line(alias: str, row: OutboxRow) -> str:
    return f"{row.event_id}  {row.created_at:%Y-%m-%d %H:%M}  {row.state:<12}  {alias} {row.partition}: {row.error}"


def _aliases(chosen: str | None) -> list[str]:
    known = outbox.aliases()
    if chosen is not None and chosen not in known:
        raise CommandError(f"--database {chosen}: no outbox can be there. Known are: {', '.join(known)}.")
    return [alias for alias in ([chosen] if chosen else known) if backlog.migrated(alias)]
