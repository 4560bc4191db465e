"""A Django site without files, for one process."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

COMMON_APPS = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions")


def nothing() -> None:
    """What most sites need between `django.setup()` and the making of their tables."""


def entry(database: str) -> dict[str, Any]:
    """Django's entry for a file, `:memory:` or a server's URL."""
    if "://" not in database:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": database}
    from tests.databases import database as of_url

    return of_url(database)


def start(*apps: str, database: str, before_tables: Callable[[], None] = nothing, **settings: Any) -> None:
    """Configure Django with `apps` on `database`, a file, `:memory:` or URL, and make all tables."""
    import django
    from django.conf import settings as django_settings
    from django.core.management import call_command

    django_settings.configure(
        INSTALLED_APPS=[*COMMON_APPS, *apps],
        DATABASES={"default": entry(database)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="bench",
        USE_TZ=True,
        **settings,
    )
    django.setup()
    before_tables()
    call_command("migrate", verbosity=0)  # first, for the others may refer to these tables
    call_command("migrate", run_syncdb=True, verbosity=0)


def peak_rss_mb() -> float:
    """Most memory that this process has held, in MB of 10^6 bytes.

    Linux keeps a parent's peak in the child's `getrusage`, so its own account of the address space is read first.
    """
    if os.path.exists("/proc/self/status"):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6
    import resource
    import sys

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used * 1024 / 1e6
