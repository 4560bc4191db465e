"""Prove that the log is what was captured: each stored event, what the outbox knows as stored, and archives."""

from __future__ import annotations

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from os import cpu_count
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from auditsearch.backends import get_backend
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError, BackendUnavailable, ConfigurationError, PartialAnswer
from auditsearch.life.manifest import ENDING, Manifest, check, read
from auditsearch.life.packing import ArchiveError
from auditsearch.management.progress import Progress
from auditsearch.management.stoppable import StoppableCommand
from auditsearch.seal.archives import ELSEWHERE, compare, elsewhere
from auditsearch.seal.verify import UNCHECKED, Found, Report, verify

EXAMPLES = """
It tells
  MODIFIED    an event whose text is not what was hashed, or whose other fields are not what its text says; a part of
              the store that is not as auditsearch makes it
  MISSING     an event that the outbox knows as stored and that is not there, or of which only a part is left; an index
              that is closed, or hidden by its aliases
  MOVED       an event in a partition of another time
  OUTDATED    an event whose promoted fields are not those of the settings: run auditsearch_rebuild
  DUPLICATE   an event that lies in two partitions
  UNCHECKED   an event that the store has only in part, and the outbox not at all; an archive that can't be read
  ARCHIVE     an archive that is not what its manifest says, or not the one that the log's event `archived` tells of
  ELSEWHERE   an archive of events that left the store, which is not in ARCHIVE_DESTINATION: verify it where it is, by
              --archive. This alone is no difference

examples:
  manage.py auditsearch_verify
      the whole store, and the archives in ARCHIVE_DESTINATION
  manage.py auditsearch_verify --archive /backup/audit/*.manifest.json
      these archives only
  manage.py auditsearch_verify --jobs 4 --json

Exit code: 0 if all is as it was captured, 1 if something differs, 2 if something could not be checked, or there was
nothing to check.
"""


FEW = 5_000
"""Up to so many events, several processes save nothing."""


class Command(StoppableCommand):
    """`auditsearch_verify`: findings, and an exit code."""

    help = "Verify that each stored or archived event is what was captured, and that none is missing."
    after = "Nothing was changed."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Keep the line breaks of the explanation."""
        kwargs.setdefault("formatter_class", RawDescriptionHelpFormatter)
        return super().create_parser(prog_name, subcommand, epilog=EXAMPLES, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--archive", nargs="+", type=Path, metavar="FILE", help="verify these archives instead")
        parser.add_argument("--jobs", type=int, metavar="N", help="processes, on Linux (default: by the cores)")
        parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, tell, and leave with the exit code."""
        report, progress = Report(), Progress(self.stderr)
        self.whole, self.here = not options["archive"], set[str]()
        try:
            if self.whole:
                backend = get_backend()
                total = sum(backend.holdings().values())
                jobs = options["jobs"] or (cpu_count() or 1 if total > FEW else 1)
                verify(backend, jobs=jobs, progress=lambda n: progress("verified", n, total), report=report)
            self._archives(report, options["archive"] or _known(), progress)
            for name, why in elsewhere(backend, self.here) if self.whole else ():
                report.add(Found(ELSEWHERE, "", name, why))
        except AuditSearchError as error:
            self.whole = False  # nothing is proven of what was not looked at
            self._tell(report, as_json=options["json"], whole=False)
            raise CommandError(f"Not all could be checked: {error}", returncode=2) from error
        finally:
            progress.close()
        self._tell(report, as_json=options["json"])
        code = 1 if report.counts["ARCHIVE"] else report.exit_code
        if code:
            raise SystemExit(code)

    def _archives(self, report: Report, paths: list[Path], progress: Progress) -> None:
        for path in paths:
            self.here.add(path.name.removesuffix(ENDING))
            try:
                manifest = read(path)
                self.here.add(manifest.stem)
                check(manifest, lambda n, m=manifest: progress("read back", n, m.events))  # type: ignore[misc]
                self._ask_the_log(manifest)
            except ArchiveError as error:
                kind = UNCHECKED if _is_out_of_reach(error) else "ARCHIVE"
                report.add(Found(kind, "", path.name, str(error)))
            else:
                report.checked += manifest.events

    def _ask_the_log(self, manifest: Manifest) -> None:
        try:
            compare(get_backend(), manifest)
        except (BackendUnavailable, ConfigurationError, PartialAnswer) as error:
            if self.whole:
                raise
            self.stderr.write(
                f"{manifest.path.name} is compared with its files only: the log can't be asked ({error})."
            )

    def _tell(self, report: Report, *, as_json: bool, whole: bool = True) -> None:
        if as_json:
            told = {"checked": report.checked, "known": report.known, "counts": dict(report.counts)}
            self.stdout.write(json.dumps(told | {"findings": [found._asdict() for found in report.findings]}))
            return
        for found in report.findings:
            self.stdout.write(f"{found.kind:<9}  {found.partition} {found.event}: {found.why}")
        counted = [f"{n:,} {kind}" for kind, n in sorted(report.counts.items()) if kind != ELSEWHERE]
        counts = ", ".join(counted) or "all as captured"
        nothing = "there was nothing" if whole else "none could be reached"
        self.stdout.write(f"{report.checked:,} events checked: {counts if report.checked else nothing}.")
        if gone := report.counts[ELSEWHERE]:
            self.stdout.write(f"{gone:,} archives are elsewhere: verify them where they are, by --archive.")
        if self.whole and report.checked and not report.counts["MISSING"]:
            self.stdout.write(f"That none is missing is proven of the {report.known:,} that the outbox still has.")


def _is_out_of_reach(error: ArchiveError) -> bool:
    """A file that is gone differs from what was there; one that can't be read says nothing."""
    return isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError)


def _known() -> list[Path]:
    folder = settings.ARCHIVE_DESTINATION
    return sorted(Path(folder).glob(f"*{ENDING}")) if folder else []
