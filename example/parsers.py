"""Two formats of your own: what a function must return for `auditsearch_import --format example.parsers.nginx`."""

import re
from datetime import datetime
from typing import Any

REQUEST = re.compile(
    r'(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<request>(?P<method>[A-Z]+) (?P<path>\S+)[^"]*|[^"]*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?P<referer>[^"]*)" "(?P<agent>[^"]*)")?.*'
)


def nginx(line: str) -> dict[str, Any] | None:
    found = REQUEST.fullmatch(line)
    if found is None:
        return None
    names = ("method", "path", "referer", "agent")
    context = {name: found[name] for name in names if found[name] not in (None, "-")}
    return {
        "timestamp": datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z"),
        "event_code": "request",
        "ip": found["ip"],
        "user": None if found["user"] == "-" else found["user"],
        "verbose": f"{found['request']} {found['status']}",
        "context_data": context | {"status": int(found["status"]), "bytes": int(found["bytes"].replace("-", "0"))},
    }


MESSAGE = re.compile(
    r"(?:<(?P<priority>\d{1,3})>(?:1 )?)?(?P<time>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) "
    r"(?P<host>\S+) (?P<program>[^\s:\[]+)(?:\[(?P<pid>\d+)\])?:? (?P<text>.*)"
)
LEVELS = ("CRITICAL", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "INFO", "INFO", "DEBUG")


def syslog(line: str) -> dict[str, Any] | None:
    found = MESSAGE.fullmatch(line)
    if found is None:
        return None
    time = found["time"]
    if not time[0].isdigit():  # the old form has no year: the last one in which it is not to come
        now = datetime.now()
        moment = datetime.strptime(f"{now.year} {time}", "%Y %b %d %H:%M:%S")
        time = (moment if moment <= now else moment.replace(year=now.year - 1)).isoformat()
    context = {name: found[name] for name in ("host", "program", "pid") if found[name]}
    return {
        "timestamp": datetime.fromisoformat(time),
        "level": LEVELS[int(found["priority"] or 6) % 8],
        "verbose": found["text"],
        "context_data": context,
    }
