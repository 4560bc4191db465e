"""Six questions about the day and the imported logs, each with the answer that is right."""

import time
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from auditsearch.api import filter_events, get_events_by_token

LAGOS = ZoneInfo("Africa/Lagos")
NAMES = {
    "filter_events": filter_events,
    "get_events_by_token": get_events_by_token,
    "datetime": datetime,
    "LAGOS": LAGOS,
}


class Question(NamedTuple):
    """What somebody wants to know, the line of Python that asks it, and the right answer as sentences."""

    text: str
    line: str
    right: list[str]


QUESTIONS = [
    Question(
        "Who marked order 1 as paid?",
        'filter_events(object_type="shop.Order", object_id="1", _to__status="paid")',
        ["kate changed order 1: status new → paid"],
    ),
    Question(
        "Which prices rose above 4,600?",
        'filter_events(object_type="shop.Product", _to__price__gt=4600)',
        ["anna changed Самовар «Тула»: price 4500.00 → 4990.50"],
    ),
    Question(
        "A customer ПЕРЕДУМАЛ: what else happened in that request?",
        'get_events_by_token(filter_events(_context__reason="ПЕРЕДУМАЛ").first().request_token)',
        [
            "пётр changed Tea set: stock 38 → 40",
            "пётр changed order 2: status new → cancelled",
            "пётр: order 2 cancelled: Клиент передумал, too slow",
        ],
    ),
    Question(
        "Whose sign-in failed?",
        'filter_events(event_code="login_failed")',
        ["kate could not sign in"],
    ),
    Question(
        "What is left of the order for 100 tea sets, whose transaction failed?",
        'filter_events(search="для всей конторы")',
        [],
    ),
    Question(
        "In the university's logs: how did B1234567 get clearance in 2014, by the clocks of Lagos?",
        'filter_events(log="students", search="B1234567 clearance", timestamp__lt=datetime(2015, 1, 1, tzinfo=LAGOS))',
        [
            "2014-12-19 05:53 admin: Student Processor - physical_clearance_date_adm - B1234567 - updated: "
            "reg_number=12345678AB, physical_clearance_date=FRIDAY 9TH JANUARY 2015",
            "2014-12-22 14:51 B1234567: waeup.kofa.interswitch.browser.InterswitchPaymentRequestWebservicePageStudent"
            " - B1234567 - valid callback for clearance payment p4192542104720: 00:Approved "
            "Successful:4500000:5964:p4192542104720:FBN|WEB|UNIBEN|22-12-2014|02345:000382768769",
            "2014-12-22 14:51 B1234567: waeup.kofa.interswitch.browser.InterswitchPaymentRequestWebservicePageStudent"
            " - B1234567 - successful clearance payment: p4192542104720",
            "2014-12-22 14:53 B1234567: B1234567 - Clearance started",
            "2014-12-22 15:02 B1234567: B1234567 - Clearance requested",
        ],
    ),
]


def ask(question):
    """Run the question's own line; returns the answer's sentences, oldest first, and the seconds that it took."""
    began = time.perf_counter()
    events = list(eval(question.line, NAMES))  # noqa: S307 - the line that is shown is the line that is run
    seconds = time.perf_counter() - began
    return [sentence(event) for event in sorted(events, key=lambda event: (event.timestamp, event.id))], seconds


def sentence(event):
    """Say in one sentence what happened."""
    who = event.user or "somebody"
    what = event.object_label
    if event.event_code == "log":
        return f"{event.timestamp.astimezone(LAGOS):%Y-%m-%d %H:%M} {who}: {event.verbose}"
    if event.event_code == "login_failed":
        return f"{event.context_data.get('username', who)} could not sign in"
    if event.event_code == "update":
        changes = ", ".join(f"{field} {old} → {new}" for field, (old, new) in event.diff.items())
        return f"{who} changed {what}: {changes}"
    if event.event_code in ("insert", "delete"):
        return f"{who} {'created' if event.event_code == 'insert' else 'removed'} {what}"
    return f"{who}: {event.verbose}"
