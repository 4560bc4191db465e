"""Put the entries of log files, or of another library's tables, into the outbox: from there they are shipped."""

from __future__ import annotations

import codecs
import signal
import threading
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import CommandError
from django.db import DatabaseError

from auditsearch.exceptions import AuditSearchError
from auditsearch.logs import follow, importers, tables
from auditsearch.logs.files import LogFile
from auditsearch.logs.format import Format, Survey
from auditsearch.logs.formats import FORMATS, format_of
from auditsearch.management.stoppable import StoppableCommand
from auditsearch.partition import PERIODS

EXAMPLES = """
examples:
  manage.py auditsearch_import --format kofa --timezone Africa/Lagos students.log
      each line becomes an event of the log "students", with its time, level, user, page, object, action and values;
      lines without a head of their own belong to the message before them
  manage.py auditsearch_import --format kofa --timezone Africa/Lagos --dry-run *.log
      reads and counts, writes nothing
  manage.py auditsearch_import --format kofa --timezone UTC --log students --source server-2 old/students.log.1
      another server's file of the same name: without --source, equal lines of both would be one event
  manage.py auditsearch_import --format json --follow /var/log/billing/app.log
      goes on reading what AuditFormatter, or another library, writes there as JSON lines, until it is stopped
  manage.py auditsearch_import --format myproject.parsers.nginx --timezone UTC access.log
      a function of your own reads each line
  manage.py auditsearch_import --format auditlog --database default
      the rows of django-auditlog's table; datalogging, simple_history and easyaudit likewise

Importing a file again adds nothing: the id of an event is made of source, log and the line's own bytes. Say the same
options each time. Values named like passwords are hidden before anything is stored.
"""

POLL_SECONDS = 0.5
"""Time between two looks at files that are followed."""


RETRY_SECONDS = 5.0
"""Time that a database which failed is left alone."""


class Command(StoppableCommand):
    """`auditsearch_import`: files or tables in, counts out."""

    help = "Import log files and other libraries' tables: each entry becomes an event, once, however often you do it."
    after = "Run it again with the same options: nothing is doubled."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        names = ", ".join([*FORMATS, *tables.TABLES])
        parser.add_argument("files", nargs="*", metavar="FILE", type=Path, help="files to import, in this order")
        parser.add_argument(
            "--format", required=True, help=f"how it is written: {names}, or the dotted path of a function"
        )
        parser.add_argument(
            "--timezone", metavar="TZ", help="what times without an offset are in, such as Africa/Lagos or UTC"
        )
        parser.add_argument("--log", metavar="NAME", help="name of the log (default: the file's name up to its dot)")
        parser.add_argument("--source", metavar="NAME", help="where it is from (default: the name of file or format)")
        parser.add_argument(
            "--encoding",
            default="utf-8",
            help="of the files (default: utf-8); lines that don't fit it are read as latin-1",
        )
        parser.add_argument(
            "--period", choices=list(PERIODS), help="stretch of time of one partition (default: the setting PARTITION)"
        )
        parser.add_argument("--database", default="default", metavar="ALIAS", help="where the tables are")
        parser.add_argument("--follow", action="store_true", help="go on until SIGTERM or Ctrl-C (json)")
        parser.add_argument("--position", type=Path, metavar="FILE", help="keeps how far a followed file was read")
        parser.add_argument("--dry-run", action="store_true", help="read and count, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Survey all first, so that nothing is written where one can't be."""
        if options["format"] in tables.TABLES:
            sources: list[Any] = _tables(options)
        else:
            sources = _log_files(options)
        if options["follow"]:
            self._follow(sources, options)
        else:
            self._import(sources, options["period"], options["dry_run"])

    def _import(self, sources: list[Any], period: str | None, dry_run: bool) -> None:
        surveys = [self._refusing(each, lambda each=each: each.survey(period)) for each in sources]
        try:
            importers.check_partitions({name for found in surveys for name in found.partitions})
        except AuditSearchError as error:
            raise CommandError(str(error)) from error
        for each, found in zip(sources, surveys, strict=True):
            if not dry_run:
                self._refusing(each, lambda each=each, found=found: self._record(each, found, period))
            self.stdout.write(f"{each.path}: {_sentence(found)}")
        self.stdout.write(self._closing(surveys, dry_run))

    def _record(self, source: Any, found: Survey, period: str | None) -> None:
        done = 0
        for number in source.record(period):
            done += number
            if self.stderr.isatty():
                self.stderr.write(f"\r{source.path}: {done:,} of {found.entries:,}", ending="")
        if done and self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")

    def _follow(self, files: list[LogFile], options: dict[str, Any]) -> None:
        if options["format"] != "json" or (options["position"] and len(files) > 1) or options["dry_run"]:
            raise CommandError("--follow reads --format json, writes, and takes --position for one file only.")
        stop = threading.Event()
        followers = [
            follow.Follower(file, options["position"] or follow.place_of(file.path), options["period"])
            for file in files
        ]
        former = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._steps(followers, stop)
        finally:
            for each in followers:
                each.close()
            for number, handler in former.items():
                signal.signal(number, handler)

    def _steps(self, followers: list[follow.Follower], stop: threading.Event) -> None:
        gaps = done = 0
        while not stop.wait(0 if done else POLL_SECONDS):
            try:
                done = sum(self._refusing(each.file, each.step) for each in followers)
            except DatabaseError as error:  # the position stays where it was, and the next look reads the same again
                done = 0
                self.stderr.write(f"The database does not take the entries: {error}. Trying again.")
                stop.wait(RETRY_SECONDS)
            if done:
                self.stdout.write(f"{done:,} entries recorded")
                self.stdout.flush()
            if (found := sum(each.gaps for each in followers)) > gaps:
                self.stderr.write("The file that was read last is gone: what it had grown by is missing.")
                gaps = found

    def _refusing(self, source: Any, step: Any) -> Any:
        try:
            return step()
        except AuditSearchError as error:
            raise CommandError(f"{source.path}: {error}") from error
        except OSError as error:
            raise CommandError(f"{source.path} can't be read ({error.strerror or error}).") from error

    def _closing(self, surveys: list[Survey], dry_run: bool) -> str:
        entries = sum(found.entries for found in surveys)
        broken = sum(found.broken for found in surveys)
        partitions = len({name for found in surveys for name in found.partitions})
        verb = "would be recorded" if dry_run else "recorded"
        return self.style.SUCCESS(
            f"{entries:,} entries {verb}, {broken:,} of them broken lines, in {partitions:,} partitions"
        )


def _tables(options: dict[str, Any]) -> list[Any]:
    if options["follow"]:
        raise CommandError(f"--follow reads files; --format {options['format']} reads tables.")
    name, source = options["format"], options["source"] or options["format"]
    try:
        return tables.tables(
            name, options["files"], options["database"], options["log"] or "main", source, _zone(options)
        )
    except (AuditSearchError, OSError) as error:
        raise CommandError(str(error)) from error


def _log_files(options: dict[str, Any]) -> list[LogFile]:
    try:
        how = format_of(options["format"])
    except AuditSearchError as error:
        raise CommandError(str(error)) from error
    if not options["files"]:
        raise CommandError(f"--format {options['format']} needs at least one FILE.")
    return [_log_file(path, how, options) for path in options["files"]]


def _log_file(path: Path, how: Format, options: dict[str, Any]) -> LogFile:
    return LogFile(
        path,
        log=options["log"] or path.name.split(".")[0],
        zone=_zone(options),
        source=options["source"] or path.name,
        encoding=_encoding(options["encoding"]),
        format=how,
    )


def _zone(options: dict[str, Any]) -> ZoneInfo:
    name = options["timezone"]
    if name is None and options["format"] not in ("json", *tables.OWN_ZONE):
        raise CommandError("say --timezone: what the times in there are in, such as Africa/Lagos or UTC.")
    try:
        return ZoneInfo(name or "UTC")
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


def _sentence(found: Survey) -> str:
    if found.first is None or found.last is None:
        return "no entries"
    span = f"{found.first:%Y-%m-%d %H:%M} to {found.last:%Y-%m-%d %H:%M} UTC"
    return f"{found.entries:,} entries, {found.broken:,} broken lines, {span}"
