"""Capture over somebody else's application: a working day of django-helpdesk, with every one of its models tracked.

    python -m bench.foreign

The day runs twice, in processes of their own: as it is, and with auditsearch, which is told `helpdesk.*` and `auth.*`
and nothing else. Both times each answer must be the same, and so must the tables be afterwards. In the second run
triggers of the database write down each row that is inserted, deleted, or changed in a value; each of those must have
its event, and each event one of those.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

APPS = ("django.contrib.admin", "django.contrib.messages", "django.contrib.sites", "django.contrib.humanize")
APPS += ("bootstrap4form", "account", "pinax.invitations", "pinax.teams", "rest_framework", "helpdesk")
TRACKED = ["helpdesk.*", "auth.*"]
CHANGING = re.compile(r"date|modified|created|login|joined|secret_key|password|_on$|key$|run$|escalation|^file$")
"""Columns whose values are another at each run: times, random keys."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, ours = (run(name, folder) for name in ("plain", "tracked"))
    wrong = {
        "answers that differ": compared(plain["answers"], ours["answers"]),
        "rows that differ": [
            pair for name in plain["tables"] for pair in compared(plain["tables"][name], ours["tables"][name])
        ],
        "writes without an event": list(
            (Counter(map(tuple, ours["trail"])) - Counter(map(tuple, ours["told"]))).items()
        ),
        "events without a write": list(
            (Counter(map(tuple, ours["told"])) - Counter(map(tuple, ours["trail"]))).items()
        ),
    }
    for what, found in wrong.items():
        print(f"{what}: {len(found)}", *map(str, found[:10]), sep="\n  ")
    figures = {
        "requests": len(ours["answers"]),
        "writes": len(ours["trail"]),
        "tables": len({w[1] for w in ours["trail"]}),
    }
    print(json.dumps(figures | {name.replace(" ", "_"): len(found) for name, found in wrong.items()}))
    sys.exit(any(wrong.values()))


def run(name: str, folder: str) -> Any:
    """What one run tells, from a process of its own."""
    command = [sys.executable, "-m", "bench.foreign", name, str(Path(folder) / name)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def compared(one: list[Any], other: list[Any]) -> list[Any]:
    return [(a, b) for a, b in zip(one, other, strict=True) if a != b]


def child(name: str, folder: str) -> None:
    """Run the day, and print what there is to compare."""
    from bench.site import start

    Path(folder).mkdir()
    ours = {"AUDITSEARCH": {"MODELS": TRACKED, "BACKEND": "memory", "DELIVERY": "command", "MASK": []}}
    middleware = ["sessions.middleware.SessionMiddleware", "auth.middleware.AuthenticationMiddleware"]
    middleware += ["messages.middleware.MessageMiddleware"]
    start(
        *APPS,
        *(["auditsearch"] if name == "tracked" else []),
        database=":memory:",
        ROOT_URLCONF="bench.foreign_urls",
        MIDDLEWARE=[f"django.contrib.{each}" for each in middleware],
        TEMPLATES=[template()],
        SITE_ID=1,
        LANGUAGE_CODE="en",
        ALLOWED_HOSTS=["*"],
        LOGIN_URL="/admin/login/",
        MEDIA_ROOT=folder,
        STATIC_URL="/static/",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        **(ours if name == "tracked" else {}),
    )
    from bench.foreign_day import day
    from bench.foreign_trail import tables, told, trail, triggers

    triggers()
    answers = day()
    found = {"answers": answers, "tables": tables(CHANGING), "trail": trail()}
    print(json.dumps(found | ({"told": told()} if name == "tracked" else {}), default=str))


def template() -> dict[str, Any]:
    processors = ["template.context_processors.request", "contrib.auth.context_processors.auth"]
    processors += ["contrib.messages.context_processors.messages"]
    options = {"context_processors": [f"django.{each}" for each in processors]}
    return {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": options}


if __name__ == "__main__":
    main() if len(sys.argv) == 1 else child(*sys.argv[1:])
