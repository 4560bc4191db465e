"""The tables beside the application's own: the outbox, what is done to partitions, holds, alerts, saved searches."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where an outbox row stands. All but WAITING and SHIPPED stay until somebody acts."""

    WAITING = "waiting", _("waiting")
    SHIPPED = "shipped", _("shipped")
    QUARANTINED = "quarantined", _("quarantined")
    TRUNCATED = "truncated", _("truncated")
    SUPERSEDED = "superseded", _("superseded")
    EXPIRED_LATE = "expired_late", _("expired late")


class OutboxRow(models.Model):
    """One captured event on its way to the store, written in the transaction of the change that it tells of.

    All times are the database's clock. `canonical` is the exact JSON text that was captured; `partition` the index it
    belongs to for ever; `not_before` the row's next turn: when to send it, and once shipped, since when it is.
    """

    id = models.BigAutoField(primary_key=True)
    event_id = models.CharField(max_length=36)
    partition = models.CharField(max_length=255)
    canonical = models.TextField()
    personal = models.TextField(null=True)  # noqa: DJ001 - most rows have none, and an empty text is a text
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    lease_token = models.CharField(max_length=32, null=True)  # noqa: DJ001 - null is free
    lease_until = models.DateTimeField(null=True)
    error = models.TextField(default="")
    created_at = models.DateTimeField()
    shipped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "auditsearch_outbox"
        verbose_name = _("outbox row")
        verbose_name_plural = _("outbox rows")
        default_permissions = ()
        # One index serves claiming (the oldest waiting) and removing (shipped long ago), for each costs every INSERT.
        indexes = [models.Index(fields=["state", "not_before", "id"], name="auditsearch_outbox_turn")]  # noqa: RUF012

    def __str__(self) -> str:
        return f"{self.event_id} {self.state}"


class DroppedPartition(models.Model):
    """A partition that retention dropped: late events for it are settled as expired, never written anew."""

    name = models.CharField(max_length=255, primary_key=True)
    dropped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "auditsearch_dropped_partition"
        verbose_name = _("dropped partition")
        verbose_name_plural = _("dropped partitions")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """An alert that is on, so that it is told once when it begins and once when it ends."""

    name = models.CharField(max_length=200, primary_key=True)
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "auditsearch_alert"
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class PartitionLock(models.Model):
    """Who alone may rebuild, empty or drop a partition now: by the database's clock, renewed while at work."""

    name = models.CharField(max_length=255, primary_key=True)
    purpose = models.CharField(max_length=40)
    token = models.CharField(max_length=32)
    until = models.DateTimeField()

    class Meta:
        db_table = "auditsearch_partition_lock"
        verbose_name = _("partition lock")
        verbose_name_plural = _("partition locks")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} {self.purpose}"


class Step(models.TextChoices):
    """Where the rebuilding of a partition stands. After BLOCKED its events wait in the outbox, until MOVED."""

    COPYING = "copying", _("copying")
    BLOCKED = "blocked", _("blocked")
    MOVED = "moved", _("moved")
    DONE = "done", _("done")
    ABORTED = "aborted", _("aborted")


class Rebuild(models.Model):
    """The last rebuilding of a partition: from the index `source` into `target`."""

    partition = models.CharField(max_length=255, primary_key=True)
    source = models.CharField(max_length=255)
    target = models.CharField(max_length=255)
    step = models.CharField(max_length=8, choices=Step.choices, default=Step.COPYING)
    started_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "auditsearch_rebuild"
        verbose_name = _("rebuild")
        verbose_name_plural = _("rebuilds")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.partition} {self.step}"


class LegalHold(models.Model):
    """Events that nothing may remove while it is in force: those that fit all that it names. Its row stays for good."""

    object_type = models.CharField(max_length=255, default="", blank=True)
    object_id = models.CharField(max_length=255, default="", blank=True)
    suid = models.CharField(max_length=255, default="", blank=True)
    user_name = models.CharField(max_length=255, default="", blank=True)
    log_name = models.CharField(max_length=255, default="", blank=True)
    reason = models.TextField()
    placed_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "auditsearch_legal_hold"
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.pk} {self.reason}"


class Access(models.Model):
    """No table: it carries the permissions of the web pages, which are apart from those of any model."""

    class Meta:
        managed = False
        verbose_name = _("audit log")
        verbose_name_plural = _("audit log")
        default_permissions = ()
        permissions = [  # noqa: RUF012
            ("view", "Can search the audit log"),
            ("export", "Can export events of the audit log"),
            ("unmask", "Can see personal values in the audit log"),
            ("verify", "Can verify the audit log"),
            ("share", "Can share searches of the audit log"),
        ]

    def __str__(self) -> str:
        return "audit log"


class SavedSearch(models.Model):
    """A question that somebody keeps under a name; `query` is the search page's query string, without its cursor.

    `owner` is the key of the user as text, so that any user model will do, and none is needed.
    """

    owner = models.CharField(max_length=255)
    owner_name = models.CharField(max_length=255)
    name = models.CharField(max_length=100)
    query = models.TextField()
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "auditsearch_saved_search"
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        default_permissions = ()
        constraints = [  # noqa: RUF012
            models.UniqueConstraint(fields=["owner", "name"], name="auditsearch_saved_search_name")
        ]

    def __str__(self) -> str:
        return self.name
