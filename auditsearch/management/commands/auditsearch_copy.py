"""Copy all events of one store into another, while the first is written to."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from auditsearch.backends.base import Backend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life.copy import copy, store
from auditsearch.management.progress import Progress
from auditsearch.management.stoppable import StoppableCommand

EXAMPLES = """
A store is `settings` (the one that this site uses), the path of an SQLite file, or URLs of a server with commas between
them; servers are asked with CLIENT and INDEX_PREFIX of the settings.

examples:
  manage.py auditsearch_copy --from auditsearch.sqlite3 --to https://search.example.org:9200
      a site that has grown: copy, put HOSTS into the settings, copy again for what came meanwhile
  manage.py auditsearch_copy --from https://old.example.org:9200 --to settings
      from cluster to cluster

Both are read side by side: what the target lacks is stored, what it has is compared by its hash, again and again until
nothing is left to copy. Interrupted at any moment, run it again: it goes on. The source is never changed.
"""


class Command(StoppableCommand):
    """`auditsearch_copy`: one store in, another out."""

    help = "Copy the log from one store to another and prove that both hold the same."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--from", required=True, dest="source", metavar="STORE", help="the store to read")
        parser.add_argument("--to", required=True, dest="target", metavar="STORE", help="the store to fill")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, and tell what both hold."""
        progress = Progress(self.stderr)
        try:
            source, target = store(options["source"], new=False), store(options["target"])
            if options["source"] == options["target"] or (_file(source) and _file(source) == _file(target)):
                raise CommandError("--from and --to name the same store.")
            done = copy(source, target, progress)
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        finally:
            progress.close()
        self.stdout.write(f"{sum(done.walks):,} events copied; both hold the same {done.events:,}, compared by hash.")
        if done.extra:
            self.stdout.write(f"The target holds {done.extra:,} events more.")


def _file(backend: Backend) -> Path | None:
    """Where an embedded store lies."""
    return backend.path.resolve() if isinstance(backend, SQLiteBackend) else None
