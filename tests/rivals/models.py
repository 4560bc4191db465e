"""What the other libraries follow, and the table of Data Logging as its own migration makes it."""

from django.db import models
from simple_history.models import HistoricalRecords


class Student(models.Model):
    """A student with a name and friends."""

    name = models.CharField(max_length=50)
    friends = models.ManyToManyField("self")
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.name


class DataLog(models.Model):
    """The columns of Data Logging 1.2, whose JSON fields are text in the database."""

    guid = models.CharField(max_length=64)
    timestamp = models.DateTimeField()
    event_type = models.CharField(max_length=256)
    event_code = models.CharField(max_length=32)
    object_id = models.IntegerField(null=True)
    object_type = models.CharField(max_length=96, null=True)  # noqa: DJ001 - as it is there
    object_snapshot = models.TextField(null=True, default="{}")  # noqa: DJ001 - as it is there
    verbose = models.TextField()
    system_type = models.CharField(max_length=32)
    suid = models.IntegerField(null=True)
    ip = models.CharField(max_length=15)
    context_data = models.TextField(null=True)  # noqa: DJ001 - as it is there
    request_token = models.CharField(max_length=64)

    class Meta:
        db_table = "data_logging"

    def __str__(self) -> str:
        return self.verbose
