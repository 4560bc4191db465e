"""A plain search page: one form of words and fields, for staff. The questions are those of the Python API."""

import re
from datetime import datetime, time

from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import SuspiciousOperation
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auditsearch.api import filter_events
from auditsearch.exceptions import AuditSearchError, InvalidValue, QueryError

PAGE = 50
LONGEST = 1000  # characters of the whole question
FIELDS = ["user", "event_code", "object_type", "object_id", "log", "level", "ip", "request_token"]
PLACES = {"": "", "_snapshot": "in the snapshot", "_context": "in the context", "_from": "was", "_to": "became"}


@staff_member_required(login_url="login")
@never_cache
@require_safe
def search(request):
    """Answer the form, one page of 50, newest first; a wrong question is answered with the sentence that mends it."""
    form = {
        name: request.GET.get(name, "").strip()
        for name in ["words", *FIELDS, "key", "place", "value", "since", "until"]
    }
    page = {"form": form, "fields": [(name, form[name]) for name in FIELDS], "places": PLACES.items()}
    try:
        status, found = 200, answer(form, request.GET.get("page", "1"))
    except QueryError as error:
        status, found = 400, {"error": str(error)}
    except AuditSearchError as error:
        status, found = 503, {"error": str(error)}
    return render(request, "search.html", page | found, status=status)


def answer(form, number):
    """Return one page of the events that fit all filled fields of `form`, and how to go on."""
    if sum(map(len, form.values())) > LONGEST:
        raise InvalidValue(f"The question is longer than {LONGEST} characters.")
    number = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
    events = list(filter_events(**conditions(form))[(number - 1) * PAGE : number * PAGE + 1])
    return {"events": events[:PAGE], "number": number, "next": number + 1 if len(events) > PAGE else None}


def conditions(form):
    """Turn the filled fields into keyword arguments of `filter_events`."""
    asked = {name: form[name] for name in FIELDS if form[name]}
    if form["words"]:
        asked["search"] = form["words"]
    if form["key"] or form["value"]:
        asked[path(form["place"], form["key"])] = form["value"]
    for name, lookup, end in [("since", "gte", time.min), ("until", "lte", time.max)]:
        if form[name]:
            asked[f"timestamp__{lookup}"] = moment(form[name], end)
    return asked


def path(place, key):
    """Return the argument's name for a dotted key of one of PLACES."""
    if place not in PLACES:
        raise SuspiciousOperation("no such place")
    if not place or not re.fullmatch(r"\w[\w.-]*", key):
        raise InvalidValue("A value is asked for at a key: say where (snapshot, context, was, became) and which one.")
    return f"{place}__{key.replace('.', '__')}"


def moment(text, end):
    """Return the first or last moment of a day in the current time zone."""
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidValue(f"{text} is no date; write it as 2026-11-22.")
    return timezone.make_aware(datetime.combine(day, end))
