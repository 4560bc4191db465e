"""Values that have set engines apart, and values that no JSON has."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.utils.functional import lazystr

UTC = datetime.UTC


class Silent:
    """Raises where its text is wanted."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def _circle() -> dict[str, Any]:
    circle: dict[str, Any] = {"a": 1}
    circle["self"] = circle
    return circle


def _deep(levels: int) -> Any:
    value: Any = "a bottom"
    for _ in range(levels):
        value = {"d": value}
    return value


BAD: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "an int over 64 bits": 2**63,
    "an int below 64 bits": -(2**63) - 1,
    "an int of 300 digits": 10**300,
    "a Decimal of 300 digits": Decimal("1." + "3" * 300),
    "a Decimal NaN": Decimal("NaN"),
    "a float at its end": 1.7976931348623157e308,
    "the least float": 5e-324,
    "minus zero": -0.0,
    "a UUID": uuid.UUID(int=10),
    "a lazy string": lazystr("a lazy one"),
    "bytes": b"\x00\xffa",
    "a memoryview": memoryview(b"a view"),
    "an object": object(),
    "an object whose text raises": Silent(),
    "a circle": _circle(),
    "a set": {3, 1, 2},
    "keys that are no strings": {1: "a", "1": "b", None: "c", False: "d", (1, 2): "e"},
    "depth 1,100": _deep(1_100),
    "depth 33": _deep(33),
    "a term over 32,766 bytes": "я" * 20_000,
    "a long word": "a" * 5_000,
    "NUL": "a\x00b",
    "a lone surrogate": "a\ud800b",
    "CR, LF, ESC": "a\r\n\x1b[31mb",
    "RTL override": "a\u202eb",
    "U+2028": "a\u2028b",
    "emoji": "a😀👨\u200d👩\u200d👧b",
    "combining accents": "a\u0301\u0327b",
    "our own signs": "a\ue000b\ue001c\ue002d\ue0ffe\ue1fff",
    "other private use": "a\uf8ffb\U0010ffffc",
    "year 1": datetime.datetime(1, 1, 1),
    "year 1 in UTC": datetime.datetime(1, 1, 1, tzinfo=UTC),
    "1970": datetime.datetime(1970, 1, 1, tzinfo=UTC),
    "year 9999": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "a naive time": datetime.datetime(2026, 3, 29, 2, 30),
    "a date": datetime.date(2999, 1, 1),
    "a time of day": datetime.time(8, 30),
    "a duration": datetime.timedelta(days=-1, microseconds=1),
    "an empty list in a list": [[], [[]], {}],
}
"""Name -> a value that the site may hand over."""

KEYS = ["", " ", ".", "a..b", ".a", "a.", "_id", "__proto__", "1", "=", "#", "@x", "~", "?", "%3D", "k" * 300]
KEYS += ["ключ", "\x00", "\ue000", "\ud800", "a\nb", "*", "\\", '"', "contains", "id", "facts", "pipeline", "routing"]

ZONE = datetime.timezone(datetime.timedelta(hours=5, minutes=30))

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    455,
    1.0,
    0.1,
    -0.5,
    100.5,
    1e16,
    1e-7,
    2**53,
    2**53 + 1,
    2**53 + 2,
    10**22,
    -(2**63),
    2**64 + 1,
    Decimal("1.00"),
    Decimal("0.10"),
    Decimal("0.1000000000000000055511151231257827021181583404541015625"),
    Decimal("100.50000000000000000001"),
    "",
    " ",
    "0",
    "1",
    "1.0",
    "455",
    "true",
    "True",
    "null",
    "a",
    "A",
    "ab",
    "Ab aB",
    "b",
    "*",
    "a*b",
    "a?b",
    "a\\b",
    "a.b",
    "a=b",
    "a#b@c~d?e%f",
    ".*",
    "<1-10>",
    "Иванов",
    "иванов Пётр",
    "ИВАНОВА",
    "Ёлка",
    "елка",
    "İstanbul",
    "istanbul",
    "straße",
    "STRASSE",
    "ΣΊΣΥΦΟΣ",
    "Σίσυφος",
    "é",
    "e\u0301",
    "K\u212a",
    "birth_certificate.jpg",
    "don't 12,5",
    "line one\nline two",
    "tab\there",
    "nul\x00here",
    "😀 smile",
    "a\ue000b",
    "a\uffffb",
    "a\U0001f600b",
    "2026-11-22",
    "2026-11-22T08:00:00Z",
    "2026-11-22 09:00",
    "2026-11-22T08:00:00.000001+00:00",
    "2026-11-22T8:00",
    "2026-13-01",
    "20261122",
    datetime.datetime(2026, 11, 22, 8, tzinfo=UTC),
    datetime.datetime(2026, 11, 22, 13, 30, tzinfo=ZONE),
    datetime.datetime(2026, 3, 29, 2, 30),
    datetime.date(2026, 11, 22),
    [],
    {},
    [1, 455],
    ["a", "Иванов", 1],
    [None],
    [["a"], ["b", []]],
    {"k": "a", "l": [1, "b"]},
    {"k": {"k": None}},
    "a" * 256,
    "a" * 257,
    "ab" * 400 + " Иванов " + "cd" * 400,
    "A" * 200 + "needle" + "B" * 200 + "НАЗАД" + "a" * 300,
    "word " * 100 + "end",
]
"""Values that an event holds and that a question asks for."""

TEXTS = [value for value in VALUES if isinstance(value, str)]
"""Those that are text."""

PATTERNS = [
    "",
    "^$",
    "a",
    "^a",
    "a$",
    "A|1",
    "(?i)ИВАН",
    "(?i:a)b",
    ".",
    "^.$",
    ".*",
    r"\.",
    "a.b",
    "a\\\\b",
    r"a\*b",
    "[a-c]+$",
]
PATTERNS += [
    r"\d",
    r"^\d+$",
    r"^\w+$",
    r"\W",
    r"\s",
    r"\bИванов\b",
    r"\Bов",
    "Иван.*",
    "[а-яё]+",
    "a{2,}",
    "^a{256}$",
    "a{257}",
]
PATTERNS += [
    "needle.*НАЗАД",
    "<1-10>",
    "#",
    '"',
    "&",
    "~",
    "@",
    r"^2026-\d\d-\d\dT",
    "true|455",
    "\x00",
    "\n",
    "(?m)^line two$",
]
PATTERNS += [
    "(?s)one.line",
    "😀",
    "[^a-z ]b",
    "^.{2}$",
    "^(ab|b)*$",
    "end$",
    r"\Aa\Z",
    "é|e\u0301",
    "cd Иванов",
    "ab Иванов cd",
]
"""Regular expressions that a question asks for."""
