"""Prepare the place where events are stored."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend
from auditsearch.exceptions import AuditSearchError

HELP = """\
Prepare the place where events are stored.

On a search server (AUDITSEARCH["HOSTS"] is set) this installs two things, named after INDEX_PREFIX:
  the component template <prefix>-mappings   how each field of an event is indexed
  the index template     <prefix>            which indices that holds for, shards, replicas, compression
Indices themselves are made later, by the first event of each period. Without these templates nothing is
sent to the server: events wait in the database's outbox, and nothing is lost.

Run it once before the first event and again after each upgrade of auditsearch; it may be repeated at will.
Its user needs the cluster right to manage index templates; the site's own user does not.

With the embedded store there is nothing to prepare: its file makes itself.
"""


class Command(BaseCommand):
    """`auditsearch_setup`: exit 0 if the store is ready, 1 with a sentence that says what to change."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the help text's lines as they are."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--dry-run."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each thing done."""
        try:
            backend = get_backend()
            lines = planned(backend) if options["dry_run"] else backend.setup()
        except AuditSearchError as error:
            raise CommandError(str(error)) from None
        for line in lines or ["nothing is needed: the embedded store makes its own file"]:
            self.stdout.write(f"would {line}" if options["dry_run"] and lines else line)
        if not options["dry_run"]:
            self.stdout.write(self.style.SUCCESS("The store is ready."))


def planned(backend: Backend) -> list[str]:
    """What `setup` would do, without doing it; nothing for an embedded store."""
    return list(getattr(backend, "setup_steps", list)())
