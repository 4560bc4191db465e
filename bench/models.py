"""The application that is measured: a model of ten fields, a foreign key, and a `__str__` that follows it."""

from __future__ import annotations

from django.db import models


class Clinic(models.Model):
    name = models.CharField(max_length=100)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Nine of the ten fields."""

    surname = models.CharField(max_length=100)
    given_name = models.CharField(max_length=100)
    born = models.DateField()
    insured = models.BooleanField(default=True)
    weight = models.DecimalField(max_digits=6, decimal_places=2)
    visits = models.IntegerField(default=0)
    admitted = models.DateTimeField()
    status = models.CharField(max_length=20, choices=[("new", "New"), ("treated", "Treated"), ("home", "At home")])
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.surname} {self.given_name}, {self.clinic.name}"


class Patient(Person):
    """All of its values are immutable."""

    remark = models.TextField(blank=True)

    class Meta:
        app_label = "bench"


class Chart(Person):
    """One of its values can change in place, so that its old state must be kept apart."""

    findings = models.JSONField(default=dict)

    class Meta:
        app_label = "bench"


class Ward(models.Model):
    """Many to many."""

    name = models.CharField(max_length=100)
    charts = models.ManyToManyField(Chart)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.name


class Visitor(models.Model):
    """What no library is told to follow."""

    name = models.CharField(max_length=100)

    class Meta:
        app_label = "bench"

    def __str__(self) -> str:
        return self.name
