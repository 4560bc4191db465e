"""Whether an installation keeps its promises: what `auditsearch_check --deploy` adds to what it always looks at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core import checks
from django.db import connections
from django.utils import timezone

from auditsearch import outbox
from auditsearch.backends import backend_kind, get_backend
from auditsearch.backends.base import Finding
from auditsearch.backends.space import Space
from auditsearch.backlog import migrated
from auditsearch.conf import settings
from auditsearch.exceptions import AuditSearchError
from auditsearch.hostlock import sqlite_path
from auditsearch.life import holds, retention
from auditsearch.life.manifest import ENDING

LOW, SCARCE = 0.15, 0.05
"""Shares of a disk that are free: below the first somebody should make room, below the second at once."""


def findings(*, answers: bool = True) -> list[Finding]:
    """Return what is right and wrong with settings, transport, files, archives, retention and space.

    Where the store is known not to answer, it is not asked for what is due and how much room it has.
    """
    found = [*_settings(), *_capture(), *_transport(), *_files(), *_archives()]
    found += [*_retention(answers), *_space(answers)]
    return sorted(found, key=lambda finding: ("error", "warning", "ok").index(finding.level))


def _settings() -> Iterator[Finding]:
    messages = checks.run_checks(include_deployment_checks=False, databases=list(connections))
    ours = [message for message in messages if str(message.id).startswith("auditsearch.")]
    for message in ours:
        yield Finding("error" if message.is_serious() else "warning", message.msg, message.hint or "")
    if not ours:
        yield Finding("ok", "The settings are right: the system checks find nothing.")
    if django_settings.DEBUG:
        yield Finding("warning", "DEBUG is on.", "Set DEBUG = False where people use the site.")


def _capture() -> Iterator[Finding]:
    if not settings.ENABLED:
        yield Finding("error", "Nothing is captured: ENABLED is off.", "Set AUDITSEARCH['ENABLED'] to True.")
    elif not settings.MODELS:
        yield Finding("warning", "No model is tracked.", "List them in AUDITSEARCH['MODELS'], as 'shop.*'.")
    else:
        yield Finding("ok", f"Models are tracked by {len(settings.MODELS)} entries of MODELS.")
    if backend_kind() == "memory":
        yield Finding("error", "Events are kept in memory and lost with the process.", "Set BACKEND, HOSTS or PATH.")


def _transport() -> Iterator[Finding]:
    if backend_kind() != "opensearch":
        return
    for host in settings.HOSTS:
        url = urlsplit(host)
        if url.scheme != "https" and not _is_local(url.hostname or ""):
            told = f"Events go to {url.hostname} unencrypted."
            yield Finding(
                "error", told, "Write https:// in HOSTS, and ca_certs in CLIENT if its certificate is your own."
            )
        elif url.scheme == "https" and settings.CLIENT.get("verify_certs") is not False:
            yield Finding("ok", f"Events go to {url.hostname} encrypted, and its certificate is checked.")
    if not settings.CLIENT.get("http_auth") and not settings.CLIENT.get("client_cert"):
        yield Finding(
            "warning",
            "The search server is asked without credentials.",
            'Set http_auth or client_cert in AUDITSEARCH["CLIENT"].',
        )


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _files() -> Iterator[Finding]:
    named = {
        "FALLBACK_FILE": getattr(settings, "FALLBACK_FILE", None),
        "ARCHIVE_DESTINATION": settings.ARCHIVE_DESTINATION,
    }
    named |= {"CLIENT's client_key": settings.CLIENT.get("client_key")}
    for name, given in named.items():
        if given and Path(given).exists() and Path(given).stat().st_mode & 0o077:
            mode = 700 if Path(given).is_dir() else 600
            yield Finding("warning", f"Others may read {given} ({name}).", f"chmod {mode} {given}")
    for alias in outbox.aliases():
        path = sqlite_path(alias) if connections[alias].vendor == "sqlite" else None
        if path and path.exists() and path.stat().st_mode & 0o007:
            yield Finding("warning", f"Everybody may read {path}, with the outbox in it.", f"chmod o= {path}")


def _archives() -> Iterator[Finding]:
    if not settings.ARCHIVE_DESTINATION:
        return
    folder = Path(settings.ARCHIVE_DESTINATION)
    if not folder.is_dir():
        yield Finding("error", f"{folder} (ARCHIVE_DESTINATION) is no folder.", "Make it, or name another one.")
        return
    for journal in sorted(folder.glob("*.unfinished.json")):
        yield Finding("warning", f"{journal.name} is left unfinished.", "Run auditsearch_archive again: it goes on.")
    yield Finding("ok", f"{len(list(folder.glob(f'*{ENDING}')))} archives lie in {folder}.")


def _retention(answers: bool) -> Iterator[Finding]:
    try:
        if not retention.rules():
            yield Finding(
                "warning", "All events are kept for ever: RETENTION has no rules.", "Say how long, or 'forever'."
            )
            return
        if not answers:
            return
        due = sum(each.due for each in retention.planned(get_backend(), timezone.now()))
        bound = len(holds.in_force())
    except AuditSearchError as error:
        yield Finding("error", str(error))
        return
    if due:
        yield Finding(
            "warning", f"{due:,} events are older than RETENTION allows.", "Run auditsearch_retention --apply."
        )
    else:
        yield Finding("ok", f"No event is older than RETENTION allows; {bound} legal holds are in force.")


def _space(answers: bool) -> Iterator[Finding]:
    try:
        there = get_backend().space() if answers else None
    except AuditSearchError as error:
        yield Finding("warning", f"The room that is left in the store is not known: {error}")
        there = None
    places = {"the store": there} if there else {}
    folders: dict[str, str | Path | None] = {
        f"the outbox of {alias}": sqlite_path(alias) for alias in filter(_has_file, outbox.aliases())
    }
    folders |= {"ARCHIVE_DESTINATION": settings.ARCHIVE_DESTINATION}
    for name, path in folders.items():
        if path and Path(path).exists():
            places[name] = Space(shutil.disk_usage(path).free, shutil.disk_usage(path).total)
    for name, space in places.items():
        yield _room(name, space)


def _has_file(alias: str) -> bool:
    return connections[alias].vendor == "sqlite" and migrated(alias)


def _room(name: str, space: Space) -> Finding:
    share = space.free / space.total if space.total else 1.0
    told = f"{space.free / 1e9:,.1f} GB ({share:.0%}) are free for {name}."
    if share >= LOW:
        return Finding("ok", told)
    hint = "Make room, archive with --reset, or shorten RETENTION: servers stop taking events on full disks."
    return Finding("error" if share < SCARCE else "warning", told, hint)
