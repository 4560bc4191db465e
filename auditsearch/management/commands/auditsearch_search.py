"""Search the log on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from auditsearch.event import Event
from auditsearch.exceptions import AuditSearchError, Misread
from auditsearch.life.archived import ArchivedEvents
from auditsearch.logs import kofa, questions, terminal
from auditsearch.search import Events

EXAMPLES = """
examples:
  manage.py auditsearch_search clearance requested --log students --since "2 days"
      events with both words, the newest 100, oldest first
  manage.py auditsearch_search user=admin event_code__in=update,delete _snapshot__amount__gte=100
      keywords of filter_events
  manage.py auditsearch_search 'user:anna -action:delete snapshot.amount>100 "clearance requested" report*'
      the language of the search box; put it in quotes, and -- before a part that begins with a dash
  manage.py auditsearch_search --regex "PHY\\d+" --format kofa --timezone Africa/Lagos > students.log
      lines as Kofa writes them
  manage.py auditsearch_search --facet user --since monday
      who did how much
  manage.py auditsearch_search --log payments --follow
      goes on showing what comes
  manage.py auditsearch_search user=admin --archive /backup/audit/auditsearch-dump-01-11-2026-03-00.manifest.json
      asks an archive as it lies, without restoring it

Exit code: 0 if there was an event, 1 if there was none, 2 if the question is wrong or the store did not answer.
"""

POLL_SECONDS = 1.0
"""Time between two looks for new events."""

SHOWN = 100
"""Events of a table where no --limit is said."""


class Command(BaseCommand):
    """`auditsearch_search`: a question in, events out."""

    help = "Show the events that answer a question: words, field=value, a log, a stretch of time, a regular expression."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("question", nargs="*", help="words, the search language, field=value, field__lookup=value")
        parser.add_argument("--log", metavar="NAME", help="of this log only")
        parser.add_argument("--since", metavar="WHEN", help='from then on: "2 days", yesterday, 2026-11-01')
        parser.add_argument("--until", metavar="WHEN", help="before then")
        parser.add_argument("--regex", metavar="PATTERN", help="its sentence fits this regular expression")
        parser.add_argument(
            "--format", choices=["table", "kofa", "json"], default="table", help="how events are shown (default: table)"
        )
        parser.add_argument("--facet", metavar="FIELD", help="show how many events have each value of a field instead")
        parser.add_argument(
            "--limit", type=int, metavar="N", help=f"the newest N (default: {SHOWN}, of --format kofa and json all)"
        )
        parser.add_argument(
            "--unmask", action="store_true", help="show, and ask for, the values that PERSONAL names too"
        )
        parser.add_argument("--follow", action="store_true", help="go on showing what comes, until Ctrl-C")
        parser.add_argument(
            "--archive", nargs="+", type=Path, metavar="FILE", help="search these archives as they lie, not the store"
        )
        parser.add_argument("--timezone", metavar="TZ", help="what times are shown and said in (default: the site's)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, show, and leave with the exit code."""
        self.zone = _zone(options["timezone"])
        try:
            found = self._answer(options)
            if not found and options["format"] == "table":
                self.stderr.write(_nothing(options))
        except Misread as error:
            raise CommandError(f"{error}\n{error.pointed()}", returncode=2) from error
        except AuditSearchError as error:
            raise CommandError(str(error), returncode=2) from error
        except KeyboardInterrupt:
            return
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if not found:
            raise SystemExit(1)

    def _answer(self, options: dict[str, Any]) -> int:
        said = {name: options[name] for name in ("log", "since", "until", "regex")}
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is at least 1.", returncode=2)
        events = questions.asked(options["question"], now=timezone.now().astimezone(self.zone), **said)
        events = events.unmasked() if options["unmask"] else events
        if options["archive"]:
            if options["follow"]:
                raise CommandError("Nothing is added to an archive: leave --follow away.", returncode=2)
            events = ArchivedEvents.of(events, options["archive"])
        if options["facet"]:
            if options["follow"] or options["format"] != "table":
                raise CommandError("--facet shows numbers: leave --follow and --format away.", returncode=2)
            return self._facet(events, options["facet"], options["limit"] or 20)
        shown = self._show(self._first(events, options), options["format"])
        return self._follow(events, options["format"], shown) if options["follow"] else shown

    def _first(self, events: Events, options: dict[str, Any]) -> Iterable[Event]:
        """The events to begin with; those of the last minutes are known by a follower from then on."""
        limit = options["limit"] or (SHOWN if options["format"] == "table" or options["follow"] else None)
        self.known: dict[str, datetime] = {}
        if not options["follow"]:
            return questions.newest(events, limit)
        questions.following(events, timezone.now(), self.known)
        found = list(questions.newest(events, limit))
        self.known.update((event.id, event.timestamp) for event in found)
        return found

    def _follow(self, events: Events, form: str, shown: int) -> int:
        while True:
            self.stdout.flush()
            try:
                time.sleep(POLL_SECONDS)
            except KeyboardInterrupt:
                return shown
            shown += self._show(questions.following(events, timezone.now(), self.known), form)

    def _facet(self, events: Events, name: str, size: int) -> int:
        found = events.facets(name, size=size)
        for line in terminal.facets(found, name):
            self.stdout.write(line)
        return found.total

    def _show(self, events: Iterable[Event], form: str) -> int:
        shown = 0

        def counted() -> Iterable[Event]:
            nonlocal shown
            for event in events:
                shown += 1
                yield event

        if form == "table":
            width = shutil.get_terminal_size().columns if self.stdout.isatty() else None
            for line in terminal.table(counted(), self.zone, width, self._paint):
                self.stdout.write(line)
        else:
            for event in counted():
                self._line(event, form)
        return shown

    def _line(self, event: Event, form: str) -> None:
        if form == "json":
            self.stdout.write(event.line)
        elif self.stdout.isatty():
            self.stdout.write(terminal.harmless(kofa.line(event, self.zone)))
        elif (buffer := getattr(self.stdout._out, "buffer", None)) is not None:
            buffer.write(kofa.encoded(event, self.zone))  # the bytes that were imported, whatever their encoding
        else:
            self.stdout.write(kofa.line(event, self.zone))

    def _paint(self, text: str, level: str) -> str:
        if level == "head":
            return self.style.MIGRATE_HEADING(text)
        if level in ("ERROR", "CRITICAL"):
            return self.style.ERROR(text)
        return self.style.WARNING(text) if level == "WARNING" else text


def _nothing(options: dict[str, Any]) -> str:
    """Return that there was none; of a log that the store has not got, which ones it has."""
    said = "No event answers this question."
    if options["log"] and not options["archive"] and not Events().filter(log=options["log"]).exists():
        known = ", ".join(str(value) for value, _ in Events().facets("log", size=50).values)
        said += f" None is of a log {options['log']!r}; there are: {known or 'none'}."
    return said


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name) if name else timezone.get_default_timezone()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CommandError(
            f"--timezone {name} is no time zone; say one such as Africa/Lagos or UTC.", returncode=2
        ) from error
