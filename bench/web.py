"""The search page: milliseconds that it takes beside its engine.

    python -m bench.web

A whole request of somebody signed in, through middleware, session, scope and templates, answered by a page of 50 lines
with all facets and the chart. The store answers at once with what it answered before. `page_ms` is the median of the
questions' medians, of processor time. ROUNDS changes the run.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any

from bench.corpus import PARTITION, canonical_texts
from bench.report import last_line, median, size, table, verdicts, versions
from bench.site import start

LIMITS = {"page_ms": ("<=", 30)}
QUESTIONS = {
    "all events": {},
    "a word": {"q": "документы"},
    "words and a field": {"q": "подтверждена OR payment -action:delete", "since": "2026-11-02"},
    "clicked facets": {"f.event_code": "update", "x.level": "ERROR", "sort": "user"},
}
HELD = 2_000
"""Events of the store behind the pages."""

ASKED = ("search", "count", "facets", "histogram")
MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "auditsearch.middleware.RequestTokenMiddleware",
    "auditsearch.middleware.CaptureRequestMiddleware",
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(folder, size("ROUNDS", 40))
    print(versions("auditsearch", "Django"))
    print(table(["question", "median ms", "slowest ms", "lines", "kB"], rows))
    figures = {"page_ms": median([row[1] for row in rows])}
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def measured(folder: str, rounds: int) -> list[tuple[str, float, float, int, float]]:
    """A row for each question: its name, milliseconds, lines, and the answer's kilobytes."""
    browser = site(folder)
    fill()
    rows = []
    for name, question in QUESTIONS.items():
        answers = [browser.get("/audit/", question) for _ in range(3)]
        times = [timed(lambda question=question: browser.get("/audit/", question)) for _ in range(rounds)]
        body = answers[-1].content.decode()
        assert answers[-1].status_code == 200, body
        assert 'class="chart"' in body, name
        rows.append((name, median(times), max(times), body.count('class="line"'), len(body.encode()) / 1000))
    return rows


def timed(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def site(folder: str) -> Any:
    """Start a site with the pages; returns the browser of somebody who may do anything there."""
    start(
        "auditsearch",
        database=os.path.join(folder, "site.sqlite3"),
        AUDITSEARCH={"BACKEND": "memory", "DELIVERY": "command"},
        ROOT_URLCONF="bench.web_urls",
        STATIC_URL="static/",
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    from django.contrib.auth.models import User
    from django.test import Client

    browser = Client()
    browser.force_login(User.objects.create_superuser("officer"))
    return browser


def fill() -> None:
    """Let the store hold events, and answer what it was asked before without looking again."""
    from auditsearch.backends import get_backend
    from auditsearch.document import document

    backend: Any = get_backend()
    backend.index([document(text, PARTITION) for _, text in canonical_texts(HELD)])
    for name in ASKED:
        setattr(backend, name, remembering(getattr(backend, name)))


def remembering(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[str, Any] = {}

    def answer(*given: Any, **named: Any) -> Any:
        key = repr((given, named))
        if key not in known:
            known[key] = ask(*given, **named)
        return known[key]

    return answer


if __name__ == "__main__":
    main()
