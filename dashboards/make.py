"""Write auditsearch.ndjson: `python -m dashboards.make`. What each dashboard shows is said here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dashboards.charts import bars, count, different, figures, latest, over_time, pie, questions, table, values
from dashboards.objects import dashboard, search, visualization
from dashboards.pattern import index_pattern

FILE = Path(__file__).parent / "auditsearch.ndjson"

SIGN_INS = "event_code: (login or logout or login_failed)"
FAILED = "event_code: login_failed"
CHANGES = "event_code: (insert or update or delete or upsert)"
BULK = "facts: context.bulk.count=*"
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = {f"{hour:02}": f'facts: "@hour={hour}"' for hour in range(24)}
WEEK = {day: f'facts: "@weekday={number}"' for number, day in enumerate(DAYS, 1)}

CODE = values("event_code", "Event")
MODEL = values("object_type", "Model", 20)
OBJECT = values("object", "Object", 20)
PERSON = values("user_name", "Person", 20)
PEOPLE = different("user_name", "People")


def overview() -> list[dict[str, Any]]:
    """Who does what, when, and in which system."""
    shown = ["event_code", "user_name", "object_type", "object_label", "verbose"]
    numbers = figures(count(), PEOPLE, different("object", "Objects"), different("ip", "Addresses"))
    total = visualization("totals", "totals", "Events, and who and what they are about", "", numbers)
    codes = visualization("codes", "events over time", "", "", bars(count(), over_time(), CODE))
    systems = bars(count(), over_time(), values("system_type", "System"))
    system = visualization("systems", "events over time by system", "", "", systems)
    busiest = bars(count(), values("user_name", "Person", 15), lying=True)
    actors = visualization("actors", "busiest people", "", "", busiest)
    objects = visualization("objects", "most changed objects", "", CHANGES, table(count(), OBJECT, PEOPLE, latest()))
    logs = visualization("logs", "logs", "", "", pie(count(), values("log_name", "Log")))
    newest = search("events", "latest events", "All events, newest first", "", shown)
    rows = [(7, [total]), (14, [codes]), (14, [system, logs]), (16, [actors, objects]), (18, [newest])]
    page = dashboard("overview", "overview", "What happened, who did it, and to what", rows)
    return [total, codes, system, actors, objects, logs, newest, page]


def sign_ins() -> list[dict[str, Any]]:
    """Who comes in, who does not, and when."""
    asked = {"Signed in": "event_code: login", "Failed": FAILED, "Signed out": "event_code: logout"}
    numbers = visualization("sign-in-totals", "sign-ins", "", SIGN_INS, figures(count(), questions(asked)))
    course = visualization("sign-in-course", "sign-ins over time", "", SIGN_INS, bars(count(), over_time(), CODE))
    address = table(count("Failed"), values("ip", "Address", 20), different("tried_name", "Names"), latest())
    by_ip = visualization("failed-by-ip", "failed sign-ins by address", "Many names: guessing", FAILED, address)
    tried = table(count("Failed"), values("tried_name", "Name", 20), different("ip", "Addresses"), latest())
    by_name = visualization("failed-by-name", "failed sign-ins by name", "As it was typed", FAILED, tried)
    clock = "By the clock of the site, its setting TIME_ZONE"
    hours = visualization("hours", "hours of the day", clock, SIGN_INS, bars(count(), questions(HOURS), CODE))
    days = visualization("weekdays", "days of the week", clock, SIGN_INS, bars(count(), questions(WEEK), CODE))
    columns = ["ip", "tried_name", "verbose", "request_token"]
    listed = search("failed", "failed sign-ins", "Each failed sign-in, newest first", FAILED, columns)
    rows = [(7, [numbers]), (13, [course]), (15, [by_ip, by_name]), (13, [hours, days]), (16, [listed])]
    page = dashboard("sign-ins", "sign-ins", "Who comes in, who does not, and when", rows)
    return [numbers, course, by_ip, by_name, hours, days, listed, page]


def changes() -> list[dict[str, Any]]:
    """What is changed, where much at once, and what is gone."""
    kinds = ["event_code", "user_name", "object_type", "object_label", "verbose"]
    course = visualization("change-course", "changes over time", "", CHANGES, bars(count(), over_time(), CODE))
    models = bars(count(), MODEL, CODE, lying=True)
    by_model = visualization("models", "changes by model", "", CHANGES, models)
    cells = table(count("Changes"), MODEL, values("changed_field", "Field", 20), PEOPLE, latest())
    slow = "Reads each change of the chart's time: keep that short"
    by_field = visualization("fields", "changes by field", slow, "event_code: update", cells)
    many = table(count("Operations"), PERSON, CODE, MODEL, latest())
    bulk = visualization("bulk", "many rows at once", "Operations that were told by one event", BULK, many)
    gone = bars(count("Deletions"), over_time(), MODEL)
    deletions = visualization("deletions", "deletions over time", "", "event_code: delete", gone)
    removers = table(count("Deletions"), PERSON, MODEL, latest())
    by_person = visualization("deleted-by", "who deletes", "", "event_code: delete", removers)
    listed = search("changed", "changes", "Each change, newest first", CHANGES, kinds)
    removed = search("deleted", "deletions", "Each deletion, newest first", "event_code: delete", kinds[1:])
    rows = [
        (13, [course]),
        (17, [by_model, by_field]),
        (13, [deletions, by_person, bulk]),
        (16, [removed]),
        (18, [listed]),
    ]
    page = dashboard("changes", "changes", "What is changed, by whom, and what is gone", rows)
    return [course, by_model, by_field, bulk, deletions, by_person, listed, removed, page]


def lines() -> str:
    """The file's text."""
    objects = [index_pattern(), *overview(), *sign_ins(), *changes()]
    return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in objects)


if __name__ == "__main__":
    FILE.write_text(lines(), encoding="utf-8")
