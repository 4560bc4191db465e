"""The codes that an event may bear: those built in, and those that the settings add."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from django.conf import settings as django_settings
from django.utils.translation import gettext_lazy as _

from auditsearch.conf import NAMES, settings

LONGEST = 64
"""Characters that a code may have."""


class Code(str):
    """A member of a ConfigurableEnum: the stored text itself, with `name`, `label` and `value`."""

    name: str
    label: Any

    def __new__(cls, value: str, label: Any = "", name: str = "") -> Code:
        """Make a code of its stored text; `label` is what people read, by default the text."""
        code = super().__new__(cls, value)
        code.name, code.label = name, label or value
        return code

    @property
    def value(self) -> str:
        """The stored text, as a plain string."""
        return str.__str__(self)


class _Configurable(type):
    """Makes a class of codes behave as an enumeration to which a setting adds members, read when they are needed."""

    setting: str | None
    built_in: dict[str, Code]

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], setting: str | None = None
    ) -> _Configurable:
        cls = super().__new__(mcs, name, bases, namespace)
        pairs = [(key, value) for key, value in namespace.items() if key.isupper() and isinstance(value, Code | tuple)]
        cls.built_in = {key: _member(key, value) for key, value in pairs}
        for key, member in cls.built_in.items():
            setattr(cls, key, member)
        cls.setting = setting
        return cls

    def __getattr__(cls, name: str) -> Code:
        if name.isupper():
            return cls[name]
        raise AttributeError(f"{cls.__name__} has no {name!r}")

    def __getitem__(cls, name: str) -> Code:
        members = cls.members
        if name not in members:
            near = difflib.get_close_matches(name, members, n=1)
            remedy = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(members)}."
            raise _UnknownCodeError(f"{cls.__name__} has no {name!r}. {remedy}")
        return members[name]

    def __call__(cls, value: str) -> Code:  # as an enumeration does: the member of a text
        for member in cls:
            if member == value:
                return member
        raise ValueError(f"{value!r} is no code of {cls.__name__}; it has {', '.join(cls.values)}.")

    def __iter__(cls) -> Iterator[Code]:
        return iter(cls.members.values())

    def __len__(cls) -> int:
        return len(cls.members)

    def __contains__(cls, value: object) -> bool:
        return value in cls.values

    @property
    def members(cls) -> dict[str, Code]:
        """Name -> code: those built in, then those of the setting, in its order."""
        given = cls.configured()
        return cls.built_in | {name: _member(name, value) for name, value in given.items() if not problem(name, value)}

    @property
    def names(cls) -> list[str]:
        """The names, as they are written in code."""
        return list(cls.members)

    @property
    def values(cls) -> list[str]:
        """The codes, as they are stored."""
        return [member.value for member in cls]

    @property
    def labels(cls) -> list[Any]:
        """The labels, as people read them."""
        return [member.label for member in cls]

    @property
    def choices(cls) -> list[tuple[str, Any]]:
        """Pairs of code and label, as a model's or a form's field takes them."""
        return [(member.value, member.label) for member in cls]

    def configured(cls) -> dict[str, Any]:
        """What the setting holds: {NAME: (code, label)}."""
        if cls.setting is None:
            return {}
        given = getattr(settings, cls.setting) if cls.setting in NAMES else getattr(django_settings, cls.setting, {})
        return given if isinstance(given, dict) else {}

    def problems(cls) -> Iterator[str]:
        """Say what is wrong in the setting: no pair, no text, too long, or there twice."""
        names: dict[str, str] = {member.value: name for name, member in cls.built_in.items()}
        for name, value in cls.configured().items():
            where = f"{cls.setting}[{name!r}]"
            if wrong := problem(name, value):
                yield f"{where} {wrong}"
            elif name in cls.built_in:
                yield f"{where} is built in already, as {cls.built_in[name].value!r}; choose another name."
            elif value[0] in names:
                yield f"{where} has the code {value[0]!r}, which {names[value[0]]} has already; choose another one."
            else:
                names[value[0]] = name


class _UnknownCodeError(AttributeError, KeyError):
    """No code of this name; the message names the nearest one."""

    __str__ = Exception.__str__


def _member(name: str, value: Any) -> Code:
    return Code(str(value), value.label, name) if isinstance(value, Code) else Code(value[0], value[1], name)


def problem(name: Any, value: Any) -> str:
    """Return what is wrong with an entry of such a setting; nothing if all is right."""
    if not isinstance(name, str) or not name.isidentifier() or not name.isupper():
        return "must have a name of capitals, such as 'CRITICAL_CHANGE'."
    if not isinstance(value, list | tuple) or len(value) != 2 or not isinstance(value[0], str):
        return "must be a pair of code and label, such as ('cc', 'Critical change')."
    if not 0 < len(value[0]) <= LONGEST:
        return f"must have a code of 1 to {LONGEST} characters."
    return ""


class ConfigurableEnum(metaclass=_Configurable):
    """An enumeration to which a setting adds members: a key of AUDITSEARCH, or any name in Django's settings.

        class Office(ConfigurableEnum, setting="OFFICES"):
            BURSARY = "bursary", _("Bursary")

        OFFICES = {"REGISTRY": ("registry", "Registry")}  # settings.py

    `Office.REGISTRY == "registry"`; it iterates, and has `names`, `values`, `labels` and `choices`.
    `Office("registry")` is the member of a stored text, `Office["REGISTRY"]` that of a name. Raises AttributeError,
    KeyError or ValueError naming the members, where there is none.
    """


class EventCode(ConfigurableEnum, setting="EVENT_CODES"):
    """What happened."""

    INSERT = Code("insert", _("created"))
    UPDATE = Code("update", _("changed"))
    DELETE = Code("delete", _("deleted"))
    UPSERT = Code("upsert", _("created or changed"))
    LOGIN = Code("login", _("logged in"))
    LOGOUT = Code("logout", _("logged out"))
    LOGIN_FAILED = Code("login_failed", _("failed to log in"))
    WIN_OPEN = Code("win_open", _("opened a window"))
    PASSWORD_CHANGE = Code("password_change", _("changed a password"))
    PERMISSION_CHANGE = Code("permission_change", _("changed permissions"))
    GROUP_CHANGE = Code("group_change", _("changed groups"))
    IMPERSONATE_BEGIN = Code("impersonate_begin", _("began to act as somebody else"))
    IMPERSONATE_END = Code("impersonate_end", _("ended to act as somebody else"))
    EXPORT = Code("export", _("exported"))
    DOWNLOAD = Code("download", _("downloaded"))
    REPORT = Code("report", _("made a report"))
    LOG = Code("log", _("wrote to a log"))
    SUPPRESSED = Code("suppressed", _("events were left out"))
    LOG_RECORDS_LOST = Code("log_records_lost", _("records of a log were lost"))
    OUTBOX_RETRIED = Code("outbox_retried", _("sent held events again"))
    OUTBOX_DROPPED = Code("outbox_dropped", _("dropped held events"))
    RETENTION = Code("retention", _("removed events by rule"))
    HOLD_PLACED = Code("hold_placed", _("kept events from removal"))
    HOLD_LIFTED = Code("hold_lifted", _("let events be removed again"))
    ARCHIVED = Code("archived", _("made an archive"))
    ARCHIVE_RESTORED = Code("archive_restored", _("brought back an archive"))
    AUDIT_READ = Code("audit_read", _("read the audit log"))
    AUDIT_EXPORT = Code("audit_export", _("took events out of the audit log"))
    CANARY = Code("canary", _("a trial event"))
    AUDITING_RESUMED = Code("auditing_resumed", _("auditing was switched on again"))


class EventType(ConfigurableEnum, setting="EVENT_TYPES"):
    """What kind of event it is."""

    UNDEFINED = Code("undefined", _("undefined"))


class SystemEnum(ConfigurableEnum, setting="SYSTEMS"):
    """Which system it happened in."""

    UNDEFINED = Code("undefined", _("undefined"))
    SHELL = Code("shell", _("shell"))
    COMMAND = Code("command", _("command"))
    MIGRATION = Code("migration", _("migration"))
    TASK = Code("task", _("background task"))


SystemsEnum = SystemEnum
"""Its second name."""
