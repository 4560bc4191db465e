"""Operations on many rows at once, of which the statements are counted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bench.models import Chart, Patient, Visitor, Ward
from bench.operations import clinic, forget, rows, stored

Run = Callable[[], object]


def bulk_create(n: int) -> Run:
    forget()
    return partial(Patient.objects.bulk_create, [Patient(**row) for row in rows(n, {"clinic_id": clinic().pk})])


def bulk_update(n: int) -> Run:
    stored(Patient, n)
    patients = list(Patient.objects.all())
    for patient in patients:
        patient.visits += 1
    return partial(Patient.objects.bulk_update, patients, ["visits"], batch_size=n)


def queryset_update(n: int) -> Run:
    stored(Patient, n)
    return partial(Patient.objects.filter(clinic__name__startswith="П").update, status="treated")


def m2m_add(n: int) -> Run:
    stored(Chart, n)
    ward = Ward.objects.create(name="1")
    return partial(ward.charts.add, *Chart.objects.all())


def untracked(n: int) -> Run:
    """Everything above, and saves and deletes, of a model that no library was told of."""

    def run() -> None:
        Visitor.objects.bulk_create([Visitor(name=str(number)) for number in range(n)])
        Visitor.objects.update(name="x")
        visitors = list(Visitor.objects.all())
        Visitor.objects.bulk_update(visitors, ["name"], batch_size=n)
        for visitor in visitors[:5]:
            visitor.save()
        visitors[0].delete()
        Visitor.objects.all().delete()

    forget()
    return run


BULK: dict[str, Callable[[int], Any]] = {
    one.__name__: one for one in (bulk_create, bulk_update, queryset_update, m2m_add, untracked)
}
