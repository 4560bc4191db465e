"""Write events to compressed files that are proven, and only then, if asked, remove them from the store."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from auditsearch.backends import get_backend
from auditsearch.conf import settings
from auditsearch.event import micros
from auditsearch.exceptions import AuditSearchError
from auditsearch.life import holds, times
from auditsearch.life.archive import archive
from auditsearch.life.outlook import Outlook, outlook
from auditsearch.management.progress import Progress
from auditsearch.management.sizes import said
from auditsearch.management.stoppable import StoppableCommand

EXAMPLES = """
examples:
  manage.py auditsearch_archive --destination /backup/audit
      all events, a file for each partition and a manifest with their hashes; the store keeps them
  manage.py auditsearch_archive --before "2 years" --reset
      what is older than two years, to ARCHIVE_DESTINATION; removed from the store once the files were read back
  manage.py auditsearch_archive --before "2 years" --reset --dry-run
      how many events that is, by partition, and how many of them legal holds keep
  manage.py auditsearch_archive --log payments --before 2026-01-01
      one log

Interrupted or killed at any moment, the next run finishes first what this one left, as it was asked for. Each archive
is an audit event, `archived`, which keeps the hash of its files. Legal holds keep their events in
the store. `auditsearch_search --archive FILE` asks an archive, `auditsearch_restore FILE` brings it back.
"""


class Command(StoppableCommand):
    """`auditsearch_archive`: store in, files out."""

    help = "Archive events as compressed, proven files; with --reset remove them from the store afterwards."
    after = "Run it again: it finishes first what this run has left."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--before", metavar="DATE", help='events before then: 2026-01-01, or an age as "2 years"')
        parser.add_argument("--log", metavar="NAME", help="of this log only")
        parser.add_argument("--destination", metavar="DIR", help="folder to write to (default: ARCHIVE_DESTINATION)")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be archived and removed; write nothing"
        )
        parser.add_argument("--reset", action="store_true", help="remove from the store what was archived and proven")

    def handle(self, *args: Any, **options: Any) -> None:
        """Archive, and tell each archive that was made or finished."""
        folder = settings.ARCHIVE_DESTINATION if options["destination"] is None else options["destination"]
        if not folder:
            raise CommandError("Say where to: --destination DIR, or AUDITSEARCH['ARCHIVE_DESTINATION'].")
        progress = Progress(self.stderr)
        try:
            before = micros(times.moment(options["before"], timezone.now())) if options["before"] is not None else None
            asked, path = {"before": before, "log": options["log"]}, Path(folder).absolute()
            if options["dry_run"]:
                self._foretell(outlook(get_backend(), path, **asked), reset=options["reset"])
                return
            made = archive(get_backend(), path, **asked, reset=options["reset"], progress=progress)
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        finally:
            progress.close()
        for each in made:
            kept = ", but for what legal holds keep" if each.reset and holds.in_force() else ""
            removed = f", removed from the store{kept}" if each.reset else ""
            size = sum(part.size for part in each.parts)
            share = size / max(1, sum(part.bytes for part in each.parts))
            told = f"{each.events:,} events in {said(size)}, {share:.0%} of their size"
            self.stdout.write(f"{each.path}: {told}{removed}")
        if not made:
            self.stdout.write("There is nothing to archive.")

    def _foretell(self, found: Outlook, *, reset: bool) -> None:
        for path in found.unfinished:
            self.stdout.write(f"{path.name} would be finished first.")
        for partition, number in found.events.items():
            self.stdout.write(f"{partition}: {number:,} events")
        total = sum(found.events.values())
        kept = f", but for {found.held:,} under a legal hold" if found.held else ""
        removed = f", and removed from the store{kept}" if reset else ""
        self.stdout.write(f"{total:,} events would be archived{removed}. Nothing was changed.")
