"""Make the stored events anew, as this release and these settings want them."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from functools import partial
from typing import Any

from django.core.management.base import CommandError

from auditsearch.backends import get_backend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life import rebuild
from auditsearch.management.stoppable import StoppableCommand

HELP = """\
Make the stored events anew, as this release and these settings want them.

On a search server each partition that was made by an older release, or for other PROMOTED fields or SEARCH_LANGUAGES,
gets a new index: its events are copied while writing goes on; then writing to that partition is blocked for a moment
(events wait in the outbox), the rest is copied, both are compared, and the aliases move. The old index is removed at
the end.
Killed at any moment, it goes on where it was when it is run again. Run auditsearch_setup before.

In the embedded store promoted fields, and the stems of SEARCH_LANGUAGES, are made anew, in small transactions.

examples:
  manage.py auditsearch_rebuild --dry-run
  manage.py auditsearch_rebuild
  manage.py auditsearch_rebuild --partition auditsearch-2026.11 --abort
"""


class Command(StoppableCommand):
    """`auditsearch_rebuild`: exit 0 if all is as it should be, 1 with a sentence that says what to do."""

    help = HELP
    after = "Run it again: it goes on. --abort gives it up."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the help text's lines as they are."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--partition", action="append", help="this one only; may be repeated")
        parser.add_argument("--all", action="store_true", help="each partition, whether it needs it or not")
        parser.add_argument(
            "--abort", action="store_true", help="give up what was begun: lift the block, drop the copy"
        )
        parser.add_argument("--dry-run", action="store_true", help="name the partitions, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, with a line for each step."""
        try:
            backend = get_backend()
            if isinstance(backend, OpenSearchBackend):
                self._server(backend, options)
            else:
                self._embedded(backend, options)
        except AuditSearchError as error:
            raise CommandError(str(error)) from None

    def _server(self, backend: OpenSearchBackend, options: dict[str, Any]) -> None:
        begun = [row.partition for row in rebuild.unfinished()]
        named = options["partition"] or (begun if options["abort"] else None)
        chosen = named if named is not None else rebuild.partitions(backend, everything=options["all"])
        if not chosen:
            self.stdout.write("Nothing was begun." if options["abort"] else "No partition needs it.")
        for partition in chosen:
            if options["dry_run"]:
                self.stdout.write(f"would {'abort' if options['abort'] else 'rebuild'} {partition}")
            elif options["abort"]:
                rebuild.abort(backend, partition)
                self.stdout.write(f"{partition}: aborted, its old index is written to again")
            else:
                events = rebuild.rebuild(backend, partition, partial(self._tell, partition))
                self.stdout.write(f"{partition}: rebuilt, {events:,} events")

    def _embedded(self, backend: Any, options: dict[str, Any]) -> None:
        if options["partition"] or options["abort"]:
            raise CommandError("The embedded store has no partitions: --partition and --abort are for a search server.")
        if options["dry_run"]:
            self.stdout.write("would make the promoted fields of all events anew")
            return
        events = backend.rebuild(lambda done, total: self.stdout.write(f"{done:,} of {total:,} events done"))
        self.stdout.write(f"the promoted fields of {events:,} events are as the settings say")

    def _tell(self, name: str, told: str, number: int) -> None:
        self.stdout.write(f"{name}: {told}" + (f", {number:,} events" if number else ""))
