"""Settings: the class is the defaults and the documentation; `settings.AUDITSEARCH` overrides it, lazily."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, Literal, cast, get_type_hints

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from auditsearch.nearest import remedy

logger = logging.getLogger("auditsearch")


class Settings:
    """The keys of `settings.AUDITSEARCH`, each with its default.

    A name that is not listed here is an error of the system checks (E001) and of the log, and changes nothing.
    """

    ENABLED: bool = True
    """Off: nothing is captured, no rows, no queries."""

    MODELS: list[str] = []
    """Tracked models: `"app.Model"`, `"project.app.models.Model"` or `"app.*"`."""

    EXCLUDE_FIELDS: list[str] = []
    """Fields that are not compared: `"modified"` everywhere, `"app.Model.field"` in one model. Still in snapshots."""

    MASK: list[str] = [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "private_key",
        "access_key",
        "authorization",
        "cookie",
        "sessionid",
        "csrf",
        "card_number",
        "cvv",
        "cvc",
        "authtoken.Token.key",
    ]
    """What is never stored: values under names with these parts, at paths with a dot in them, or like `"re:..."`."""

    PERSONAL: list[str] = []
    """What is stored apart and shown only with the permission `unmask`: named as in MASK."""

    OLD_STATE: dict[str, str] = {}
    """`{"app.Model": "database"}` reads the old row before each save, locked; the default remembers what was loaded."""

    BULK_EVENTS: int = 1000
    """Rows of one bulk operation that are told one by one; of more, one event tells them all together."""

    EXCLUDE_ACTIONS: list[str] = []
    """Views, by url name, class or dotted path, during which nothing is logged."""

    HOOKED_ACTIONS: dict[str, str] = {}
    """`{"shop.views.order_window": "WIN_OPEN"}`: each call of such a view is an event of this code."""

    SYSTEM_EVENTS: bool = True
    """Off: sign-ins, hooked actions, and changes of passwords and permissions leave no event of their own."""

    EVENT_CODES: dict[str, Any] = {}
    """More of `EventCode`: `{"CRITICAL_CHANGE": ("cc", "Critical change")}`."""

    EVENT_TYPES: dict[str, Any] = {}
    """More of `EventType`, likewise."""

    SYSTEMS: dict[str, Any] = {}
    """More of `SystemEnum`, likewise."""

    LOGS: dict[str, dict[str, Any]] = {}
    """Logs by name: label, permission, hidden, index, noise, transitions."""

    COALESCE: bool = False
    """Whether several saves of one object in one transaction are one event."""

    RAW_SAVES: bool = True
    """Whether `loaddata` is logged."""

    PARENTS: dict[str, str] = {}
    """`{"shop.Line": "order"}`: whose timeline shows such objects too. Inlines of the admin are known by themselves."""

    RENAMED: dict[str, str] = {}
    """`{"shop.Purchase": "shop.Order"}`: former names of models; a question for any of them finds all."""

    LABEL_QUERIES: bool = False
    """Whether `str(object)` may run queries when an event is labelled."""

    TRUSTED_PROXIES: list[str] = []
    """Addresses or networks whose `X-Forwarded-For` and `X-Request-ID` are believed."""

    BACKEND: Literal["auto", "sqlite", "memory", "opensearch"] = "auto"
    """Where events are stored; `auto` is opensearch if HOSTS is set, else sqlite."""

    PATH: str | Path | None = None
    """The embedded store's file; by default `auditsearch.sqlite3` in BASE_DIR or the working directory."""

    HOSTS: list[str] = []
    """The server's URLs, such as `["https://search.example.org:9200"]`."""

    CLIENT: dict[str, Any] = {}
    """Options of the server's client: http_auth, ca_certs, client_cert, client_key, verify_certs, timeout (seconds)."""

    INDEX_PREFIX: str = "auditsearch"
    """Search alias, and what each index's name begins with."""

    PARTITION: Literal["day", "week", "month", "year"] = "month"
    """The stretch of event time that one index holds."""

    SHARDS: int = 1
    """Primary shards of an index."""

    REPLICAS: str = "0-1"
    """Replicas of a shard, as `auto_expand_replicas` takes them."""

    CODEC: Literal["best_compression", "default"] = "best_compression"
    """How the server compresses stored fields."""

    PROMOTED: dict[str, list[str]] = {}
    """Keys that become columns for charts, order and totals: `{"amount": ["_snapshot__amount", "double"]}`."""

    SEARCH_LANGUAGES: list[str] = []
    """Languages in which `search` finds the other forms of a word too: `["ru", "en"]`."""

    DELIVERY: Literal["auto", "inline", "thread", "dramatiq", "command"] = "auto"
    """Who ships: inline after commit, a thread of each process, dramatiq's workers, or only `auditsearch_ship`."""

    BROKER: str | None = None
    """URL of dramatiq's broker, `redis://` or `amqp://`; None is the broker that the application has set itself."""

    BATCH_SIZE: int = 500
    """Events of one shipment at most."""

    BATCH_BYTES: int = 5_000_000
    """Bytes of one bulk request at most."""

    LEASE_SECONDS: int = 60
    """How long a shipper may hold rows before another one takes them over."""

    KEEP_SHIPPED: float | None = None
    """Hours that shipped rows stay in the outbox; None is 24 with a server, 0 with the embedded store."""

    POLICY: Literal["strict", "degrade"] = "strict"
    """When the outbox can't take an event: roll the change back, or keep the event in FALLBACK_FILE."""

    FALLBACK_FILE: str | Path | None = None
    """Where events go under POLICY "degrade" that the outbox can't take."""

    MONITOR_TOKEN: str | None = None
    """Bearer token that opens the health and metrics URLs."""

    MONITOR_ADDRESSES: list[str] = []
    """Addresses or networks that may read the health and metrics URLs without a token."""

    ADMIN: bool = True
    """Whether Django's admin leads to the audit pages: its History buttons, an action, and a link on its index."""

    ALERTS: dict[str, dict[str, Any]] = {}
    """States and questions that somebody is told of: see `auditsearch.monitor.alerts`."""

    DATABASE: str | None = None
    """Alias that holds the outbox; None is the database that each change goes to."""

    ARCHIVE_DESTINATION: str | Path | None = None
    """Folder that `auditsearch_archive` writes to where no `--destination` is said."""

    ARCHIVE_FILENAME_TEMPLATE: str = "auditsearch-dump-%d-%m-%Y-%H-%M"
    """What an archive's files begin with, as `strftime` takes it, in TIME_ZONE."""

    VISIBLE_EVENTS: str | None = None
    """Dotted path of `visible_events(request) -> Q`: which events the web pages show at all; None is every one."""

    READING: bool = True
    """Whether reading the log on the web is an event itself."""

    EXPORT_LIMIT: int = 100_000
    """Events of one export on the web at most."""

    RETENTION: list[dict[str, Any]] = []
    """How long events are kept, by the first rule that fits: `[{"log": "payments", "keep": "10 years"}]`."""


class _Lazy:
    """Reads all settings when the first is asked for, and keeps them as plain attributes: every event asks for many."""

    def __getattr__(self, name: str) -> Any:
        if name not in NAMES:
            raise AttributeError(name)
        vars(self).update(_read())
        return vars(self)[name]


def _read() -> dict[str, Any]:
    defaults = {name: getattr(Settings, name) for name in NAMES}
    if not django_settings.configured and "DJANGO_SETTINGS_MODULE" not in os.environ:
        return defaults  # a service without Django that writes logs
    for problem in problems():  # a web server runs no system checks, and serves on with what is right
        logger.error(problem, extra={"action": "settings"})
    given = getattr(django_settings, "AUDITSEARCH", {})
    return defaults | {name: given[name] for name in NAMES if isinstance(given, dict) and name in given}


NAMES = tuple(name for name in get_type_hints(Settings) if name.isupper())
"""All names that `settings.AUDITSEARCH` may hold."""

SECRET = ("CLIENT", "HOSTS", "MONITOR_TOKEN", "ALERTS")
"""Those whose value may hold a password, and so is never printed."""


def problems() -> list[str]:
    """Return a sentence for each name in AUDITSEARCH that is no setting: E001 of the system checks."""
    given = getattr(django_settings, "AUDITSEARCH", {})
    if not isinstance(given, dict):
        return ["AUDITSEARCH must be a dictionary, such as {'MODELS': ['shop.Order']}."]
    return [unknown(name) for name in given if name not in NAMES]


def unknown(name: str) -> str:
    """Return the sentence that tells of a name that is no setting, with the nearest one."""
    meant = remedy(str(name).upper(), NAMES, f"Known are: {', '.join(NAMES)}.")
    return f"AUDITSEARCH[{name!r}] is no setting of auditsearch. {meant}"


def forget(*, setting: str, **_: Any) -> None:
    """Read the settings anew at next use: `override_settings` has changed them."""
    if setting in ("AUDITSEARCH", "BASE_DIR"):
        vars(settings).clear()


settings = cast(Settings, _Lazy())
setting_changed.connect(forget, dispatch_uid="auditsearch.conf")
