"""Runs in a process of its own: makes a history by each library, imports it twice, prints the events as JSON."""

import json
import sys
import tempfile
from io import StringIO
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connections

DAY = "2014-12-11 10:21:21.930000"


def main() -> None:
    """Print {format: [events of the first import, ids of the second]}."""
    django.setup()
    settings.USE_TZ = True
    for alias in ("default", "old"):
        call_command("migrate", database=alias, run_syncdb=True, verbosity=0)
    history()
    found = {name: twice(format=name) for name in ("auditlog", "simple_history", "easyaudit")}
    found["datalogging"] = twice(format="datalogging", database="old", timezone="Africa/Lagos")
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "dump.json"
        dump.write_text(json.dumps(dumped()))
        found["dump"] = twice(str(dump), format="datalogging", timezone="Africa/Lagos")
    json.dump(found, sys.stdout)


def history() -> None:
    """A student is made, renamed, befriended and removed by Anna; Data Logging tells of another one."""
    from auditlog.context import set_actor
    from django.contrib.auth.models import User
    from django.contrib.auth.signals import user_logged_in
    from django.http import HttpRequest
    from easyaudit.middleware.easyaudit import clear_request, set_current_user
    from easyaudit.models import LoginEvent, RequestEvent
    from simple_history.models import HistoricalRecords

    from tests.rivals.models import Student

    anna = User.objects.create(username="anna")
    request = HttpRequest()
    request.user, request.META = anna, {"REMOTE_ADDR": "10.0.0.1"}  # type: ignore[assignment]
    HistoricalRecords.context.request = request
    set_current_user(anna)
    with set_actor(anna, "10.0.0.1"):
        student, friend = Student.objects.create(name="Ben"), Student.objects.create(name="Eva")
        student.name = "Benjamin"
        student._change_reason = "typing error"
        student.save()
        student.friends.add(friend)
        student.delete()
    user_logged_in.send(User, request=request, user=anna)
    clear_request()
    RequestEvent.objects.create(url="/x", method="GET", user=anna, remote_ip="10.0.0.1")
    LoginEvent.objects.create(login_type=LoginEvent.FAILED, username="eve", remote_ip="10.0.0.9")
    for row in dumped():  # by hand, as it kept local times without a zone
        names, values = ", ".join(row["fields"]), list(row["fields"].values())
        with connections["old"].cursor() as cursor:
            cursor.execute(f"INSERT INTO data_logging ({names}) VALUES ({', '.join(['%s'] * len(values))})", values)


def dumped() -> list[dict[str, Any]]:
    """What `dumpdata` writes of two rows of Data Logging."""
    row = {
        "guid": "a" * 32,
        "timestamp": DAY,
        "event_type": "se",
        "event_code": "update",
        "object_id": 5,
        "object_type": "module.Children",
        "object_snapshot": '{"id": 5, "name": "Иван", "password": "geheim"}',
        "verbose": "Пользователь (ID=7) изменил(а) ребенка (ID=5)",
        "system_type": "app",
        "suid": 7,
        "ip": "10.0.0.1",
        "context_data": '{"diff": {"name": ["(не указано)", "Иван"]}, "field_names": {"name": "Имя"}}',
        "request_token": "t1",
    }
    opened = {"guid": "b" * 32, "event_code": "win_open", "object_id": None, "object_type": None}
    more = {"context_data": '{"title": "Окно"}', "object_snapshot": None, "verbose": "Открыто окно: Окно"}
    rows = [row, row | opened | more]
    return [{"pk": n, "model": "datalogging.datalog", "fields": fields} for n, fields in enumerate(rows, 1)]


def twice(*files: str, **options: str) -> list[Any]:
    """The events of one import, and the ids of the same import again."""
    from auditsearch.models import OutboxRow

    taken = []
    for _ in range(2):
        OutboxRow.objects.all().delete()
        call_command("auditsearch_import", *files, stdout=StringIO(), **options)
        taken.append([json.loads(row) for row in OutboxRow.objects.order_by("pk").values_list("canonical", flat=True)])
    return [taken[0], [event["id"] for event in taken[1]]]


if __name__ == "__main__":
    main()
