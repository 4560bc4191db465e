"""Bring an archive's events back into the store."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from auditsearch.backends import get_backend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.restore import restore
from auditsearch.management.progress import Progress
from auditsearch.management.stoppable import StoppableCommand

EXAMPLES = """
examples:
  manage.py auditsearch_restore /backup/audit/auditsearch-dump-01-11-2026-03-00.manifest.json
      all files of this archive, each read whole and compared with its hashes before the first event is stored
  manage.py auditsearch_restore --adopt other-site.manifest.json
      the events of a site with another INDEX_PREFIX

An event that the store has is not stored twice. Interrupted, run it again. Retention applies to restored events too:
place a legal hold first if its rules would remove them.
"""


class Command(StoppableCommand):
    """`auditsearch_restore`: files in, store out."""

    help = "Restore an archive that auditsearch_archive made, into the store of the settings."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("file", nargs="+", type=Path, help="manifest of an archive, or one of its data files")
        parser.add_argument("--adopt", action="store_true", help="take in an archive of another site (INDEX_PREFIX)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore each archive."""
        progress = Progress(self.stderr)
        try:
            for path in options["file"]:
                made = restore(get_backend(), path, adopt=options["adopt"], progress=progress)
                self.stdout.write(f"{made.path}: {made.events:,} events are in the store.")
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        finally:
            progress.close()
