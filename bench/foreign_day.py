"""A day at the helpdesk, through its own pages, its admin, its commands, and the ORM."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from helpdesk import models as desk


def day() -> list[tuple[str, int]]:
    """Return address and status of each answer."""
    call_command("loaddata", "emailtemplate.json", verbosity=0)
    staff, visitor, answers = Client(), Client(), []
    anna = User.objects.create_superuser("anna", "anna@example.org", "x")
    staff.force_login(anna)

    def post(client: Any, path: str, **data: Any) -> None:
        answers.append((path, client.post(path, data).status_code))
        answers.append((path, client.get(path).status_code))

    post(staff, "/admin/helpdesk/queue/add/", title="Printers", slug="printers", allow_public_submission="on",
         logging_type="none", escalate_days=1, email_box_interval=5)  # fmt: skip
    post(staff, "/admin/helpdesk/queue/add/", title="Chairs", slug="chairs", allow_public_submission="on")
    queues = [desk.Queue.objects.create(title=f"Queue {n}", slug=f"q{n}", escalate_days=1) for n in range(3)]
    desk.Queue.objects.filter(slug="q0").update(allow_public_submission=True)
    for number in range(8):
        ticket = {"queue": queues[0].pk, "title": f"Broken {number}", "body": "no", "priority": 3}
        ticket |= {"submitter_email": f"v{number % 3}@example.org"}
        post(visitor, "/helpdesk/tickets/submit/", **ticket)
        post(staff, "/helpdesk/tickets/submit/", **ticket, assigned_to=anna.pk,
             attachment=SimpleUploadedFile("a.txt", b"text"))  # fmt: skip
    tickets = list(desk.Ticket.objects.order_by("pk").values_list("pk", flat=True))
    for number, pk in enumerate(tickets[:9]):
        path = f"/helpdesk/tickets/{pk}"
        post(staff, f"{path}/update/", comment="seen", public="on", new_status=1 + number % 4, priority=2, title="New",
             owner=anna.pk, time_spent="1:30")  # fmt: skip
        post(staff, f"{path}/hold/")
        post(staff, f"{path}/unhold/")
        post(staff, f"{path}/cc/add/", user=anna.pk, can_view="on")
        post(staff, f"{path}/cc/add/", email="b@example.org", can_update="on")
        post(staff, f"{path}/dependency/add/", depends_on=tickets[-1])
        post(staff, f"{path}/edit/", title=f"Edited {pk}", queue=queues[1].pk, priority=1, status=1)
    for action in ("take", f"assign_{anna.pk}", "unassign", "close", "close_public", "delete"):
        post(staff, "/helpdesk/tickets/update/", action=action, ticket_id=tickets[-4:-2])
    post(staff, f"/helpdesk/tickets/merge?tickets={tickets[0]}&tickets={tickets[1]}", chosen_ticket=tickets[0])
    _knowledge(post, staff, queues)
    _orm(anna, queues)
    for path in ("tickets/", "dashboard/", "reports/", "ignore/", "saved-searches/", "settings/", "kb/"):
        answers.append((path, staff.get(f"/helpdesk/{path}").status_code))
    post(staff, f"/helpdesk/tickets/{tickets[2]}/delete/")
    post(staff, f"/admin/helpdesk/queue/{queues[1].pk}/delete/", post="yes")
    post(staff, f"/admin/auth/user/{anna.pk}/delete/", post="yes")
    return [(re.sub(r"\s", " ", path), status) for path, status in answers]


def _knowledge(post: Any, staff: Any, queues: Any) -> None:
    category = desk.KBCategory.objects.create(name="k", title="k", slug="k", description="", queue=queues[0])
    items = [desk.KBItem.objects.create(category=category, title=f"t{n}", question="q", answer="a") for n in range(3)]
    for item in items:
        for vote in ("up", "down", "up"):
            post(staff, f"/helpdesk/kb/{item.pk}/vote/{vote}/")
    post(staff, "/helpdesk/save_query/", title="mine", query_encoded="e30=", shared="on")
    post(
        staff, "/helpdesk/ignore/add/", name="spam", queues=[queues[0].pk, queues[1].pk], email_address="s@example.org"
    )
    post(staff, "/helpdesk/settings/", tickets_per_page=50)
    post(staff, "/helpdesk/checklist-templates/", name="list", task_list='["a", "b"]')
    category.delete()


def _orm(anna: User, queues: Any) -> None:
    call_command("create_escalation_exclusions", "--days=monday", "--occurrences=3", verbosity=0)
    desk.Ticket.objects.update(created="2020-01-01T00:00:00Z", last_escalation=None)
    call_command("escalate_tickets", verbosity=0)
    call_command("create_usersettings", verbosity=0)
    call_command("create_queue_permissions", verbosity=0)
    reply = desk.PreSetReply.objects.create(name="thanks", body="x")
    reply.queues.set(queues)
    reply.queues.set(queues[1:], clear=True)
    queues[2].presetreply_set.clear()
    group = Group.objects.create(name="agents")
    group.permissions.set(Permission.objects.filter(content_type__app_label="helpdesk")[:10])
    anna.groups.add(group)
    group.user_set.set([])
    desk.CustomField.objects.bulk_create(
        [desk.CustomField(name=f"c{n}", label=f"C{n}", data_type="varchar", max_length=9) for n in range(5)]
    )
    fields = list(desk.CustomField.objects.all())
    for field in fields[:3]:
        field.label += "!"
    desk.CustomField.objects.bulk_update(fields, ["label"])
    desk.CustomField.objects.filter(name__in=["c0", "c1"]).delete()
    queues[2].delete()
    group.delete()
