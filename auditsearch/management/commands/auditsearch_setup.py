"""Prepare the place where events are stored."""

from __future__ import annotations

import os
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from getpass import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from auditsearch.backends import get_backend
from auditsearch.backends.base import Backend
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError, ConfigurationError
from auditsearch.saved_objects import named, objects
from auditsearch.upload import Dashboards

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

With --dashboards it uploads, instead, an index pattern on INDEX_PREFIX, searches and three dashboards to
OpenSearch Dashboards or Kibana. They replace those of an earlier upload; what people made themselves stays.
"""

PASSWORD = "AUDITSEARCH_DASHBOARDS_PASSWORD"  # noqa: S105 - the name of a variable


class Command(BaseCommand):
    """`auditsearch_setup`: exit 0 if the store is ready, 1 with a sentence that says what to change."""

    help = HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the help text's lines as they are."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--dry-run, and what an upload of dashboards needs."""
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
        parser.add_argument("--dashboards", metavar="URL", help="upload the dashboards to this address")
        parser.add_argument("--site", default="", metavar="URL", help="where the search page is: ids then lead there")
        parser.add_argument(
            "--tenant", default="", help="whose dashboards they are, such as global, where there are tenants"
        )
        user = (
            f"who uploads, by default http_auth of CLIENT; {PASSWORD} holds the password, which is asked for otherwise"
        )
        parser.add_argument("--user", help=user)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each thing done."""
        try:
            act = self._dashboards if options["dashboards"] else self._templates
            act(get_backend(), options)
        except AuditSearchError as error:
            raise CommandError(str(error)) from None

    def _templates(self, backend: Backend, options: dict[str, Any]) -> None:
        if needless := [name for name in ("site", "tenant", "user") if options[name]]:
            raise ConfigurationError(f"--{needless[0]} is for an upload: add --dashboards and its address.")
        lines = planned(backend) if options["dry_run"] else backend.setup()
        for line in lines or ["nothing is needed: the embedded store makes its own file"]:
            self.stdout.write(f"would {line}" if options["dry_run"] and lines else line)
        if not options["dry_run"]:
            self.stdout.write(self.style.SUCCESS("The store is ready."))

    def _dashboards(self, backend: Backend, options: dict[str, Any]) -> None:
        if backend.embedded:
            raise ConfigurationError(
                "Dashboards read a search server, and this site keeps its events in a file: set HOSTS."
            )
        found, dry = objects(options["site"]), options["dry_run"]
        login = (options["user"], password(options["user"])) if options["user"] and not dry else None
        place = Dashboards(options["dashboards"], settings.CLIENT, login, options["tenant"])
        if not dry:
            place.upload(found)
        for one in found:
            self.stdout.write(f"{'would upload' if dry else 'uploaded'} {named(one)}")
        if not dry:
            self.stdout.write(self.style.SUCCESS(f"The dashboards are at {place.url}."))


def password(user: str) -> str:
    """The password of who uploads, from the environment or the terminal: an argument could be seen by all."""
    return os.environ.get(PASSWORD) or getpass(f"Password of {user}: ")


def planned(backend: Backend) -> list[str]:
    """What `setup` would do, without doing it; nothing for an embedded store."""
    return list(getattr(backend, "setup_steps", list)())
