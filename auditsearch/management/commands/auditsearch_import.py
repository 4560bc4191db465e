"""Put the entries of log files into the outbox, from where they are shipped like every other event."""

from __future__ import annotations

import codecs
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError

from auditsearch.exceptions import AuditSearchError
from auditsearch.logs import importers
from auditsearch.partition import PERIODS

EXAMPLES = """
examples:
  manage.py auditsearch_import --format kofa --timezone Africa/Lagos students.log
      each line becomes an event of the log "students", with its time, level, user and message;
      lines without a head of their own belong to the message before them
  manage.py auditsearch_import --format kofa --timezone Africa/Lagos --dry-run *.log
      reads and counts, writes nothing
  manage.py auditsearch_import --format kofa --timezone UTC --log students --source server-2 old/students.log.1
      another server's file of the same name: without --source, equal lines of both would be one event

Importing a file again adds nothing: the id of an event is made of source, log and the line's own bytes. Say the same
options each time. Values named like passwords are hidden before anything is stored.
"""


class Command(BaseCommand):
    """`auditsearch_import`: files in, counts out."""

    help = "Import log files: each entry becomes an event with an id of its own, however often you do it."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="files to import, in this order")
        parser.add_argument("--format", required=True, choices=["kofa"], help="how the lines are written")
        parser.add_argument(
            "--timezone", required=True, metavar="TZ", help="what the files' times are in, such as Africa/Lagos or UTC"
        )
        parser.add_argument("--log", metavar="NAME", help="name of the log (default: the file's name up to its dot)")
        parser.add_argument("--source", metavar="NAME", help="where the file is from (default: the file's name)")
        parser.add_argument(
            "--encoding",
            default="utf-8",
            help="of the files (default: utf-8); lines that don't fit it are read as latin-1",
        )
        parser.add_argument(
            "--period", choices=list(PERIODS), help="stretch of time of one partition (default: the setting PARTITION)"
        )
        parser.add_argument("--dry-run", action="store_true", help="read and count, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Survey all files first, so that nothing is written where one can't be."""
        period, files = options["period"], [_log_file(path, options) for path in options["files"]]
        surveys = [self._refusing(file, lambda file=file: importers.survey(file, period)) for file in files]
        try:
            importers.check_partitions({name for found in surveys for name in found.partitions})
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        for file, found in zip(files, surveys, strict=True):
            if not options["dry_run"]:
                self._refusing(file, lambda file=file, found=found: self._record(file, found, period))
            self.stdout.write(f"{file.path}: {_sentence(found)}")
        self.stdout.write(self._closing(surveys, options["dry_run"]))

    def _record(self, file: importers.LogFile, found: importers.Survey, period: str | None) -> None:
        done = 0
        for number in importers.record(file, period):
            done += number
            if self.stderr.isatty():
                self.stderr.write(f"\r{file.path.name}: {done:,} of {found.entries:,}", ending="")
        if done and self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")

    def _refusing(self, file: importers.LogFile, step: Any) -> Any:
        try:
            return step()
        except (AuditSearchError, OSError) as error:
            raise CommandError(f"{file.path}: {error}") from error

    def _closing(self, surveys: list[importers.Survey], dry_run: bool) -> str:
        entries = sum(found.entries for found in surveys)
        broken = sum(found.broken for found in surveys)
        partitions = len({name for found in surveys for name in found.partitions})
        verb = "would be recorded" if dry_run else "recorded"
        return self.style.SUCCESS(
            f"{entries:,} entries {verb}, {broken:,} of them broken lines, in {partitions:,} partitions"
        )


def _log_file(path: Path, options: dict[str, Any]) -> importers.LogFile:
    return importers.LogFile(
        path,
        log=options["log"] or path.name.split(".")[0],
        zone=_zone(options["timezone"]),
        source=options["source"] or path.name,
        encoding=_encoding(options["encoding"]),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandError(f"--timezone {name} is no time zone; say one such as Africa/Lagos or UTC.") from error


def _encoding(name: str) -> str:
    try:
        one_byte_ascii = "2015 - \n".encode(name) == b"2015 - \n"
    except LookupError as error:
        raise CommandError(f"--encoding {name} is not known; say one such as utf-8, latin-1 or cp1251.") from error
    if not one_byte_ascii:
        raise CommandError(f"--encoding {name} does not hold ASCII as it is; convert the file to utf-8 first.")
    return codecs.lookup(name).name


def _sentence(found: importers.Survey) -> str:
    if found.first is None or found.last is None:
        return "no entries"
    span = f"{found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC"
    return f"{found.entries:,} entries, {found.broken:,} broken lines, {span}"
