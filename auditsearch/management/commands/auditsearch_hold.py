"""Legal holds: what nothing may remove, until it is lifted."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from auditsearch.backends import get_backend
from auditsearch.exceptions import AuditSearchError
from auditsearch.life import holds
from auditsearch.models import LegalHold

EXAMPLES = """
examples:
  manage.py auditsearch_hold place --object shop.Order:7 --reason "Case 12/2026"
  manage.py auditsearch_hold place --actor 12 --log payments --reason "Inquiry of the auditor"
      events of actor 12 in this log: all that is named must fit
  manage.py auditsearch_hold list
  manage.py auditsearch_hold lift 3 --reason "Case closed"

Neither retention nor `auditsearch_archive --reset` removes what is held. Placing and lifting are audit events.
"""


class Command(BaseCommand):
    """`auditsearch_hold`: place, lift, list."""

    help = "Place, lift and list legal holds: events of an object, an actor or a log that nothing may remove."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the examples."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("do", choices=("place", "lift", "list"), help="what to do")
        parser.add_argument("number", nargs="?", type=int, help="of the hold to lift, as list shows it")
        parser.add_argument("--object", metavar="TYPE[:ID]", help="of this object, or of this kind: shop.Order:7")
        parser.add_argument("--actor", metavar="ID", help="events of this user, by the id that `suid` has")
        parser.add_argument("--user", metavar="NAME", help="events of this user, by name")
        parser.add_argument("--log", metavar="NAME", help="events of this log")
        parser.add_argument("--reason", metavar="TEXT", default="", help="why, for those who come after")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it."""
        do, members = options["do"], _members(options)
        if options["number"] is not None and do != "lift":
            raise CommandError(f"{do} takes no number.")
        if members and do != "place":
            raise CommandError(f"{do} takes no --object, --actor, --user or --log.")
        try:
            if do == "list":
                self._list()
            elif do == "place":
                self._place(holds.place(options["reason"], **members))
            elif options["number"] is None:
                raise CommandError("Say which, by its number: `auditsearch_hold list` shows those in force.")
            else:
                self.stdout.write(f"Hold {holds.lift(options['number'], options['reason']).pk} is lifted.")
        except AuditSearchError as error:
            raise CommandError(str(error)) from error

    def _place(self, hold: LegalHold) -> None:
        self.stdout.write(f"Hold {hold.pk} is in force: {holds.said(hold)}.")
        try:
            number = holds.binding(get_backend(), hold)
        except AuditSearchError as error:
            self.stderr.write(f"How many events it keeps is not known: {error}")
            return
        self.stdout.write(f"It keeps {number:,} events that are stored, and those to come.")
        if not number:
            self.stderr.write(f"No stored event fits: look at how it is written, and lift {hold.pk} if it is wrong.")

    def _list(self) -> None:
        there = holds.in_force()
        for hold in there:
            self.stdout.write(f"{hold.pk}  {hold.placed_at:%Y-%m-%d}  {holds.said(hold)}")
        if not there:
            self.stdout.write("No hold is in force.")


def _members(options: dict[str, Any]) -> dict[str, str]:
    kind, _, number = (options["object"] or "").partition(":")
    given = {"object_type": kind, "object_id": number, "suid": options["actor"], "user_name": options["user"]}
    return {name: value for name, value in (given | {"log_name": options["log"]}).items() if value}
