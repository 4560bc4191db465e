"""What Kofa's lines say was done: the sentence behind page and object, as fields. A table of rules, by action."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]

LONGEST = 64
"""Characters of a sentence that is taken for the name of an action, such as `Clearance requested`."""

_NEXT_PAIR = re.compile(r", (?=[A-Za-z_]\w*=)")
_PAIR = re.compile(r"[A-Za-z_]\w*=")
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_NOTED = re.compile(r"(\S+) \((.*)\)")
_PROCESSED = re.compile(
    r"(?P<file>.+), (?P<mode>\w+) mode, (?P<lines>\d+) lines "
    r"\((?P<successful>\d+) successful/ ?(?P<failed>\d+) failed\), "
    r"(?P<seconds>[\d.]+) s \((?P<seconds_per_item>[\d.]+) s/item\)"
)
_CALLBACK = re.compile(
    r"(?P<code>[^:]*):(?P<description>[^:]*):(?P<amount>\d*):(?P<card>[^:]*):(?P<payment>[^:]*)"
    r":(?P<payment_reference>.*):(?P<retrieval_reference>[^:]*)"
)
_BEDS = re.compile(
    r"(?P<removed>\d+) empty beds removed, (?P<added>\d+) beds added, (?P<modified>\d+) occupied beds modified \((.*)\)"
)
_REPORT = re.compile(r"report (?P<report>\d+) (?P<action>created|downloaded|discarded)(?:: (?P<details>.*))?")
_PAYMENT = re.compile(r"(valid callback for|successful) (\w+) payment(?: (\w+))?|(\w+) payment (approved)")
_EDITED = re.compile(r"(\S+) (edited|used)|(\w+) (generated)")
_BATCH = re.compile(r"(\S+) \((\d+), (\d+\.\d+)\)")
_TITLE = re.compile(r"(.*?) \((.*)\)")
_RECORD = re.compile(r"(Student record created) \((\S+)\)")


def told(text: str) -> Fields:
    """Return action and details of a sentence, {} where no rule knows it."""
    action, colon, details = text.partition(": ")
    if colon and (rule := _RULES.get(action)):
        return {"action": action, **rule(details)}
    if text.startswith("report ") and (found := _REPORT.fullmatch(text)):
        return _report(found)
    if beds := _BEDS.fullmatch(text):
        counts = {name: int(number) for name, number in beds.groupdict().items()}
        return {"action": "beds updated", **counts, "objects": [name for name in beds[4].split(", ") if name]}
    if made := _RECORD.fullmatch(text):
        return {"action": made[1], "student": made[2]}
    if colon and len(action) <= LONGEST and "\n" not in action:
        return _payment(action, details) or _edited(action, details) or {"action": action, "details": details}
    if "@" in text and " " not in text:
        return {"email": text}
    return {"action": text} if 0 < len(text) <= LONGEST and "\n" not in text else {}


def pairs(text: str) -> Fields:
    """Read `a=1, b=x, y, c=['D', 'E']`: whole numbers, lists and None as such, the rest as text."""
    found: Fields = {}
    for part in _NEXT_PAIR.split(text):
        key, _, value = part.partition("=")
        found[key] = _value(value)
    return found


def _value(text: str) -> Any:
    if text == "None":
        return None
    if _WHOLE.fullmatch(text):
        return int(text)
    if text[:1] == "[" and text[-1:] == "]":
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return text
        return found if all(type(item) in (str, bool) for item in found) else text
    return text


def _saved(details: str) -> Fields:
    return {"fields": details.split(" + ")}


def _updated(details: str) -> Fields:
    if not _PAIR.match(details):
        return {"details": details}
    values = pairs(details)
    return {"fields": list(values), "values": values}


def _processed(details: str) -> Fields:
    found = _PROCESSED.fullmatch(details)
    if found is None:
        return {"details": details}
    return {
        "file": found["file"],
        "mode": found["mode"],
        **{name: int(found[name]) for name in ("lines", "successful", "failed")},
        **{name: float(found[name]) for name in ("seconds", "seconds_per_item")},
    }


def _exported(details: str) -> Fields:
    """`certificates, job_id=3036`: what, and what is said of it."""
    if _PAIR.match(details):
        return pairs(details)
    what, *rest = _NEXT_PAIR.split(details, 1)
    return {"details": what, **(pairs(rest[0]) if rest else {})}


def _created(details: str) -> Fields:
    found = _BATCH.fullmatch(details)
    if found is None:
        return {"details": details}
    return {"file": found[1], "count": int(found[2]), "cost": float(found[3])}


def _noted(first: str, second: str) -> Callable[[str], Fields]:
    def read(details: str) -> Fields:
        found = _NOTED.fullmatch(details)
        return {first: found[1], second: found[2]} if found else {"details": details}

    return read


def _switched(details: str) -> Fields:
    found = [_NOTED.fullmatch(part) for part in details.split(", ")]
    if not all(found):
        return {"details": details}
    return {"objects": [bed[1] for bed in found if bed], "state": sorted({bed[2] for bed in found if bed})}


def _added(details: str) -> Fields:
    parts = details.split("|")
    if len(parts) == 3 and parts[1].isdecimal() and parts[2].isdecimal():
        return {"details": details, "course": parts[0], "study_level": int(parts[1]), "session": int(parts[2])}
    return {"details": details}


def _report(found: re.Match[str]) -> Fields:
    fields: Fields = {"action": found["action"], "report": int(found["report"])}
    details = found["details"]
    if details is None:
        return fields
    title = _TITLE.fullmatch(details)
    if title and _PAIR.match(title[2]):
        return fields | {"details": title[1], "values": pairs(title[2])}
    return fields | {"details": details}


def _payment(action: str, details: str) -> Fields:
    found = _PAYMENT.fullmatch(action)
    if found is None:
        return {}
    if found[4]:
        return {"action": "payment approved", "category": found[4], "payment": details}
    if found[1] == "successful":
        return {"action": "successful payment", "category": found[2], "payment": details}
    fields: Fields = {"action": "valid callback", "category": found[2], "payment": found[3]}
    parts = _CALLBACK.fullmatch(details)
    if parts is None:
        return fields | {"details": details}
    callback = {name: value for name, value in parts.groupdict().items() if value}
    return fields | {"callback": callback | ({"amount": int(parts["amount"])} if parts["amount"] else {})}


def _edited(action: str, details: str) -> Fields:
    """`Test edited: roles`, `PasswordMandate used: B1234567`, `temp_password generated: ***`."""
    found = _EDITED.fullmatch(action)
    if found is None:
        return {}
    if found[2] == "edited":
        return {"action": "edited", "object": found[1], "fields": details.split(" + ")}
    if found[2] == "used":
        return {"action": "used", "details": found[1], "object": details}
    return {"action": "generated", found[3]: details}


_RULES: dict[str, Callable[[str], Fields]] = {
    "saved": _saved,
    "updated": _updated,
    "processed": _processed,
    "exported": _exported,
    "downloaded": _exported,
    "discarded": _exported,
    "created": _created,
    "added": _added,
    "uploaded": _noted("file", "original"),
    "archived": _noted("batch", "file"),
    "released": _noted("bed", "student"),
    "switched": _switched,
}
