"""How fast a file of events is sent, and in how much memory: the view, from a real OpenSearch to the last byte.

    python -m bench.export

Each form is measured in a process of its own, with all events and with a fifth of them. EVENTS changes the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from bench.corpus import PARTITION, canonical_texts
from bench.report import last_line, size, table, verdicts, versions
from bench.server import own_prefix, server
from bench.site import peak_rss_mb, start

FORMS = ("ndjson", "csv", "lines")
LIMITS = {"export_s": (">=", 10_000), "export_growth_mb": ("<=", 20)}


def main() -> None:
    events = size("EVENTS", 100_000)
    with server() as url, tempfile.TemporaryDirectory() as folder, own_prefix(url, "export") as prefix:
        measured(url, prefix, folder, "store", events)
        rows = [measured(url, prefix, folder, form, part) for form in FORMS for part in (events // 5, events)]
    print(versions("auditsearch", "Django", "opensearch-py"))
    print(table(["form", "events", "events/s", "cpu µs/event", "peak MB", "MB"], [row.values() for row in rows]))
    figures = figures_of(rows)
    print("\n" + verdicts(figures, LIMITS) + "\n")
    print(last_line(figures))


def figures_of(rows: list[dict[str, Any]]) -> dict[str, object]:
    """`export_s` is of NDJSON, whatever is slower has a figure of its own."""
    pairs = dict(zip(FORMS, zip(rows[::2], rows[1::2], strict=True), strict=True))
    return {
        "export_s": pairs["ndjson"][1]["per_s"],
        "export_csv_s": pairs["csv"][1]["per_s"],
        "export_lines_s": pairs["lines"][1]["per_s"],
        "export_growth_mb": max(whole["peak_mb"] - part["peak_mb"] for part, whole in pairs.values()),
    }


def measured(url: str, prefix: str, folder: str, do: str, events: int) -> dict[str, Any]:
    """What a process of its own says of one thing that it did."""
    command = [sys.executable, "-m", "bench.export", do, url, prefix, folder, str(events)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    return dict(json.loads(told))


def child(do: str, url: str, prefix: str, folder: str, events: str) -> None:
    options = {"HOSTS": [url], "INDEX_PREFIX": prefix, "DELIVERY": "command", "EXPORT_LIMIT": int(events)}
    start("auditsearch", database=os.path.join(folder, "site.sqlite3"), AUDITSEARCH=options)
    if do == "store":
        return store(prefix, int(events))
    began, used = time.perf_counter(), time.process_time()
    sent = sum(map(len, answer(do)))
    spent, used = time.perf_counter() - began, time.process_time() - used
    number = int(events)
    told = {"form": do, "events": number, "per_s": number / spent, "cpu": used / number * 1e6}
    print(json.dumps(told | {"peak_mb": peak_rss_mb(), "sent_mb": sent / 1e6}))
    return None


def store(prefix: str, events: int) -> None:
    """Fill the store as the shipper does, in the order of the events' times, as they come in a site's life."""
    from orjson import loads

    from auditsearch.backends import get_backend
    from auditsearch.life.restore import Filling

    backend = get_backend()
    backend.setup()
    texts = sorted((text for _, text in canonical_texts(events)), key=lambda text: loads(text)["ts"])
    Filling(backend).fill((text, f"{prefix}-{PARTITION}") for text in texts)
    backend.refresh()
    print("{}")


def answer(form: str) -> Any:
    """The pieces of a file, as the view sends them to somebody who may see everything."""
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    from auditsearch.web.export import export

    request = RequestFactory().get(f"/audit/export/{form}/")
    request.user = User(username="clerk", is_superuser=True)
    found: Any = export(request, form_name=form)
    assert found.status_code == 200, found.content
    return found.streaming_content


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
