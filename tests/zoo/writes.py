"""Every way to write that Django's ORM has: `python -m tests.zoo.writes`.

Prints {way: (rows written, what of them was not told, or told untruly)}.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import django
from asgiref.sync import async_to_sync
from django.conf import settings

Way = Callable[[], Any]


def start() -> None:
    """Set up the site, all of whose models are tracked."""
    settings.configure(
        SECRET_KEY="zoo",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "taggit", "tests.zoo", "auditsearch"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTH_USER_MODEL="zoo.Keeper",
        USE_TZ=True,
        AUDITSEARCH={"MODELS": ["zoo.*"], "BACKEND": "memory", "DELIVERY": "command", "SYSTEM_EVENTS": False},
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", run_syncdb=True, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE foreign_table (id integer PRIMARY KEY AUTOINCREMENT, size integer NOT NULL)")


def main() -> None:
    """Do each way, and look what is told of it."""
    start()
    from tests.zoo.trail import look, watch
    from tests.zoo.ways import ways

    watch()
    found = {}
    for name, way in ways().items():
        result = way()
        if hasattr(result, "__await__"):
            async_to_sync(_awaited)(result)
        found[name] = look()
    print(json.dumps(found))


async def _awaited(result: Any) -> Any:
    return await result


if __name__ == "__main__":
    main()
