"""Look whether events arrive: the store, and each outbox."""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from auditsearch import backlog, delivery, outbox, undeclared
from auditsearch.backends import get_backend
from auditsearch.backends.base import Finding, Status
from auditsearch.exceptions import AuditSearchError
from auditsearch.life import deploy, rebuild

EXAMPLES = """
It tells
  the store     whether it answers; its templates, aliases and blocks; how many events it holds; codes in it that
                no setting declares
  each outbox   rows by state, the age of the oldest that waits, and who ships them

examples:
  manage.py auditsearch_check
  manage.py auditsearch_check --deploy
      also settings, encryption, files that others may read, archives, retention and space: before a site goes live,
      and after each change of it
  manage.py auditsearch_check --json | jq .databases

Exit code: 0 if all is well, 1 if somebody must act. It changes nothing.
"""

MARKS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


class Command(BaseCommand):
    """`auditsearch_check`: findings, and an exit code."""

    help = "Check that events arrive: the store and its templates, and what waits in each outbox."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the explanation."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--deploy", action="store_true", help="whether this installation keeps its promises, too")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings; exit with 1 if one of them is an error."""
        status, databases = _status(), {}
        for alias in outbox.aliases():
            databases[alias], found = _outbox(alias)
            status.findings.extend(found)
        status.findings.extend(_rebuilds())
        status.findings[0:0] = _undeclared(status)
        if options["deploy"]:
            status.findings.extend(deploy.findings(answers=status.events is not None))
        bad = any(finding.level == "error" for finding in status.findings)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not bad, "databases": databases, **asdict(status)}, ensure_ascii=False))
        else:
            self._print(status, databases)
        if bad:
            raise SystemExit(1)

    def _print(self, status: Status, databases: dict[str, dict[str, Any]]) -> None:
        if status.events is not None:
            self.stdout.write(f"{status.events:,} events in the store")
        for alias, told in databases.items():
            self.stdout.write(f"{alias}: {_sentence(told)}")
        for finding in status.findings:
            hint = f"\n         {finding.hint}" if finding.hint else ""
            self.stdout.write(f"{MARKS[finding.level]}  {finding.message}{hint}")


def _status() -> Status:
    try:
        return get_backend().status()
    except AuditSearchError as error:
        return Status(findings=[Finding("error", str(error))])


def _undeclared(status: Status) -> list[Finding]:
    try:
        return list(undeclared.findings()) if status.events else []
    except AuditSearchError:  # what is wrong with the store is told already
        return []


def _rebuilds() -> list[Finding]:
    return list(rebuild.findings()) if rebuild.migrated() else []


def _outbox(alias: str) -> tuple[dict[str, Any], list[Finding]]:
    if not backlog.migrated(alias):
        hint = f"If its models are tracked, run: manage.py migrate --database={alias}"
        return {"rows": None}, [Finding("warning", f"{alias}: no outbox is in this database.", hint)]
    age = backlog.oldest_age(alias)
    seconds = None if age is None else round(age.total_seconds(), 3)
    told = {"delivery": delivery.mode(alias), "rows": backlog.counts(alias), "oldest_seconds": seconds}
    return told, backlog.findings(alias)


def _sentence(told: dict[str, Any]) -> str:
    if told["rows"] is None:
        return "no outbox"
    rows = ", ".join(f"{n:,} {state}" for state, n in sorted(told["rows"].items())) or "nothing in the outbox"
    age = f", the oldest waits for {told['oldest_seconds']:,.0f} s" if told["oldest_seconds"] is not None else ""
    return f"{rows}{age}; delivery: {told['delivery']}"
