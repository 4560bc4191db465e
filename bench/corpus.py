"""Made-up business events, the same for the same seed: registries, clinics and universities, in Cyrillic and Latin.

Each of 500 models has 20 fields, 16 of its own and 4 that all share, so that a mapping made by the data would have
some 16,500 fields. Each 20th event has a key whose value changes its kind from event to event, and keys that no
mapping likes. One event is about 1.9 kB of canonical JSON.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

MODELS = 500
START = 1_793_491_200_000_000  # 2026-11-01T00:00:00Z in microseconds
SPREAD = 25 * 86_400_000_000  # events lie in 25 days, so in one monthly partition
PARTITION = "2026.11"

APPS = ("registry", "clinic", "university", "payments", "hostels", "library", "archive", "personnel", "warehouse")
NOUNS = ("Person", "Certificate", "Admission", "Invoice", "Course", "Room", "Contract", "Order", "Exam", "Loan")
STEMS = (
    "number", "series", "issued_by", "issued_on", "valid_until", "city", "street", "phone", "email", "remark",
    "department", "position", "grade", "price", "quantity", "paid_at", "checked", "approved", "category", "language",
    "reference", "supervisor", "reason", "weight",
)  # fmt: skip
SURNAMES = (
    "Иванова", "Ковалёв", "Соколова", "Кузнецов", "Новикова", "Фёдоров", "Щербакова", "Цой", "Okafor", "Müller",
    "Šimková", "Nguyen", "O'Connor", "García", "Johansson", "Yılmaz",
)  # fmt: skip
NAMES = ("Анна", "Пётр", "Мария", "Сергей", "Ольга", "Chidi", "Jürgen", "Zdeňka", "Linh", "Aoife", "José", "Ayşe")
CITIES = ("Москва", "Казань", "Новосибирск", "Ростов-на-Дону", "Benin City", "Zürich", "Brno", "Cork", "Ankara")
STATUSES = ("new", "checked", "approved", "paid", "rejected", "archived")
VOCABULARY = (
    "заявление принято документы проверены оригинал возвращён оплата подтверждена перевод выполнен общежитие "
    "направление выдано повторный приём результат анализа норма срок действия продлён копия приложена "
    "payment confirmed transcript attached second reading approved by the board room changed after request "
    "insurance renewed certificate reissued scan unreadable original returned deadline extended"
)
WORDS = VOCABULARY.split()
CODES = ("insert", "update", "update", "update", "delete")


ODD: tuple[dict[str, Any], ...] = (
    {"value": 17},
    {"value": {"deep": {"er": 1.5}}},
    {"value": "2026-11-03"},
    {"value": [True, "да", 3]},
    {"a.b": 1, "a": {"b": "x"}, "": "empty", ".": "dot", "a..b": 2, "_id": "key"},
    {"value": "not a number", "long": "длинное значение " * 30},
)


class Schema(NamedTuple):
    """A model of the made-up systems: `name` as app.Model and its own 16 fields."""

    name: str
    own: tuple[str, ...]


@lru_cache(maxsize=1)
def schemas() -> tuple[Schema, ...]:
    """The 500 models; a field's name begins with its model's number, so that no two models share one."""
    names = [f"{APPS[n % len(APPS)]}.{NOUNS[n % len(NOUNS)]}{n:03}" for n in range(MODELS)]
    return tuple(Schema(name, own_fields(n)) for n, name in enumerate(names))


def own_fields(n: int) -> tuple[str, ...]:
    chosen = random.Random(n).sample(STEMS, 16)
    return tuple(f"m{n:03}_{stem}" for stem in chosen)


def events(count: int, seed: int = 1, start: int = 0) -> Iterator[dict[str, Any]]:
    """Events number `start` to `start + count` of the corpus `seed`, as members of canonical JSON."""
    for number in range(start, start + count):
        yield event(number, seed)


def canonical_texts(count: int, seed: int = 1, start: int = 0) -> Iterator[tuple[str, str]]:
    """(id, canonical JSON text) of the same events."""
    for one in events(count, seed, start):
        yield one["id"], json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def event(number: int, seed: int = 1) -> dict[str, Any]:
    """The n-th event of the corpus; depends on nothing else."""
    rng = random.Random(seed * 1_000_000_007 + number)
    schema = rng.choice(schemas())
    ts = START + rng.randrange(SPREAD)
    code = rng.choice(CODES)
    snapshot = {name: value(name, rng) for name in schema.own} | shared(rng)
    return {
        "id": identifier(ts, rng),
        "ts": ts,
        "schema": 1,
        "event_code": code,
        **envelope(schema, snapshot["surname"], rng),
        "verbose": f"{code} {schema.name}: {snapshot['surname']}, {sentence(rng, 8)}",
        "context": context(code, schema, snapshot, rng) | ({} if number % 20 else {"odd": rng.choice(ODD)}),
        "snapshot": snapshot,
    }


def identifier(ts: int, rng: random.Random) -> str:
    number = (ts // 1000 << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62) | rng.getrandbits(62)
    return str(UUID(int=number))


def envelope(schema: Schema, surname: str, rng: random.Random) -> dict[str, str]:
    actor = rng.randrange(400)
    return {
        "event_type": "undefined",
        "system_type": schema.name.split(".")[0],
        "object_type": schema.name,
        "object_id": str(rng.randrange(1, 900_000)),
        "object_label": f"{surname} № {rng.randrange(100_000)}",
        "request_token": f"{rng.getrandbits(128):032x}",
        "suid": str(actor),
        "user_name": f"{SURNAMES[actor % 16]} {NAMES[actor % 12]}",
        "ip": f"10.{rng.randrange(4)}.{rng.randrange(256)}.{rng.randrange(1, 255)}",
        "log_name": "main",
        "level": "INFO",
    }


def shared(rng: random.Random) -> dict[str, Any]:
    """The four fields of every model: their values are what the benchmarks ask for."""
    return {
        "surname": f"{rng.choice(SURNAMES)}-{rng.choice(SURNAMES)} {rng.choice(NAMES)}",
        "status": rng.choice(STATUSES),
        "amount": rng.randrange(100, 50_000_000) / 100,
        "note": sentence(rng, 16),
    }


def context(code: str, schema: Schema, snapshot: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {
        "url": f"/{schema.name.replace('.', '/').lower()}/{rng.randrange(900_000)}/change/",
        "reason": sentence(rng, 5),
        "labels": {schema.own[0]: f"{rng.choice(CITIES)}, {rng.choice(SURNAMES)}"},
    }
    if code == "update":
        changed = rng.sample(schema.own, 2)
        found["diff"] = {name: [value(name, rng), snapshot[name]] for name in changed}
    return found


def value(name: str, rng: random.Random) -> Any:
    """A value as the field's stem suggests: number, truth, date, time, or text of some words."""
    stem = name.split("_", 1)[1]
    if stem in ("price", "weight"):
        return rng.randrange(100, 10_000_000) / 100
    if stem in ("quantity", "grade"):
        return rng.randrange(1, 5_000)
    if stem in ("checked", "approved"):
        return rng.random() < 0.7
    if stem in ("issued_on", "valid_until"):
        return f"20{rng.randrange(10, 30)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}"
    if stem == "paid_at":
        return f"2026-{rng.randrange(1, 11):02}-{rng.randrange(1, 29):02}T{rng.randrange(24):02}:15:00.250000Z"
    if stem in ("number", "series", "reference", "phone"):
        return f"{rng.getrandbits(40):x}-{rng.randrange(100_000):05}"
    return sentence(rng, 6 if stem in ("remark", "reason") else 3)


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words))
