"""The operations of an application that are timed, and the SQL that they cost."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_delete

from bench.models import Chart, Clinic, Patient, Person
from bench.statements import kind, traced

Run = Callable[[], object]
KEPT = ("bench_clinic", "django_", "auth_", "sqlite_")
ADMITTED = datetime(2026, 11, 1, 8, 30, 15, 123456, tzinfo=UTC)


def values(n: int) -> dict[str, Any]:
    """Nine values of the n-th person, the clinic left out."""
    return {
        "surname": ("Иванова", "Okafor", "Müller", "Šimková")[n % 4] + str(n),
        "given_name": ("Анна", "Chidi", "Jürgen", "Zdeňka")[n % 4],
        "born": date(1950, 1, 1) + timedelta(days=n * 17),
        "insured": n % 7 > 0,
        "weight": Decimal(5000 + n) / 100,
        "visits": n,
        "admitted": ADMITTED + timedelta(minutes=n),
        "status": "new",
        "remark": "Жалоб нет. No complaints; next visit in two weeks.",
    }


def clinic() -> Clinic:
    return Clinic.objects.get_or_create(name="Поликлиника № 3")[0]


def rows(n: int, reference: dict[str, Any]) -> list[dict[str, Any]]:
    return [values(number) | reference for number in range(n)]


def stored(model: type[Person], n: int) -> None:
    """Put `n` rows of `model` into an otherwise empty database, logs included."""
    forget()
    extra = {} if model is Patient else {"findings": {"blood": {"type": "A", "values": [1, 2.5, "норма"]}}}
    reference = {"clinic_id": clinic().pk}
    kept = [{k: v for k, v in row.items() if model is Patient or k != "remark"} for row in rows(n, reference)]
    model._default_manager.bulk_create([model(**row, **extra) for row in kept])
    forget("bench_patient", "bench_chart", "bench_ward")


def forget(*but: str) -> None:
    """Empty every table but the fixed ones and `but`, behind Django's back."""
    kept = (*KEPT, *but)
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if not name.startswith(kept)]
        for table in sorted(tables, key=len, reverse=True) if connection.vendor == "sqlite" else ():  # relations first
            cursor.execute(f'DELETE FROM "{table}"')
        if connection.vendor != "sqlite" and tables:
            cursor.execute(f"""TRUNCATE {", ".join(f'"{table}"' for table in tables)} CASCADE""")


def create_fetched(n: int) -> Run:
    """Rows with the FK's object at hand, as a form gives it."""
    forget()
    return partial(create, rows(n, {"clinic": clinic()}))


def create_by_id(n: int) -> Run:
    """Rows with the FK's id only, as an API or an import gives it."""
    forget()
    return partial(create, rows(n, {"clinic_id": clinic().pk}))


def create(made: list[dict[str, Any]]) -> None:
    for row in made:
        Patient.objects.create(**row)


def update_fetched(n: int) -> Run:
    stored(Patient, n)
    return partial(update, list(Patient.objects.select_related("clinic")))


def update_by_id(n: int) -> Run:
    stored(Patient, n)
    return partial(update, list(Patient.objects.all()))


def update(patients: list[Patient]) -> None:
    for patient in patients:
        patient.status = "treated"
        patient.visits += 1
        patient.save()


def delete_fetched(n: int) -> Run:
    stored(Patient, n)
    return partial(delete, list(Patient.objects.select_related("clinic")))


def delete(patients: list[Patient]) -> None:
    for patient in patients:
        patient.delete()


def delete_queryset(n: int) -> Run:
    stored(Patient, n)
    return Patient.objects.all().delete


def delete_heard(n: int) -> Run:
    """The same where a receiver listens that does nothing: Django then reads the rows first, whoever logs."""

    def run() -> None:
        post_delete.connect(hear, sender=Patient)
        try:
            Patient.objects.all().delete()
        finally:
            post_delete.disconnect(hear, sender=Patient)

    stored(Patient, n)
    return run


def hear(**_: Any) -> None:
    """A receiver that does nothing."""


def load_plain(n: int) -> Run:
    stored(Patient, n)
    return partial(list, Patient.objects.all())


def load_mutable(n: int) -> Run:
    stored(Chart, n)
    return partial(list, Chart.objects.all())


OPERATIONS = {
    one.__name__: one
    for one in (
        create_fetched,
        create_by_id,
        update_fetched,
        update_by_id,
        delete_fetched,
        delete_queryset,
        delete_heard,
        load_plain,
        load_mutable,
    )
}


def seconds(operation: str, n: int, atomic: bool) -> float:
    """Seconds of `n` times the operation: of this process's work; with a file or a server, of the clock."""
    run = OPERATIONS[operation](n)
    in_memory = connection.vendor == "sqlite" and connection.is_in_memory_db()
    clock = time.process_time if in_memory else time.perf_counter
    gc.collect()
    start = clock()
    with transaction.atomic() if atomic else nullcontext():
        run()
    return clock() - start


def statements(operation: str, n: int, atomic: bool) -> dict[str, int]:
    """How many statements of each kind (`INSERT bench_patient`, `BEGIN`) reach SQLite, by its own trace."""
    from bench.bulk import BULK  # which is made of the functions above

    run = (OPERATIONS | BULK)[operation](n)
    with traced(connection) as seen, transaction.atomic() if atomic else nullcontext():
        run()
    return dict(Counter(map(kind, seen)))
