"""The logs of LOGS: what each is called, who may see it, where it lies, and what is not worth an event in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.core.signals import setting_changed
from django.db.models import Q

from auditsearch.conf import settings
from auditsearch.exceptions import SettingError
from auditsearch.nearest import remedy

_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Noise:
    """A rule: what all of it holds for is suppressed, with `window` only what repeats inside so many seconds.

    `group` is a group of users, `actor` a user's name, `anonymous` or `system`, `object` a model as `app.Model`.
    """

    group: tuple[str, ...] = ()
    actor: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    window: float = 0

    def __str__(self) -> str:
        said = [f"{each.name} {'|'.join(value)}" for each in fields(self)[:4] if (value := getattr(self, each.name))]
        return ", ".join(said + ([f"within {self.window:g} s"] if self.window else []))


@dataclass(frozen=True)
class Log:
    """One log. `transitions` are codes of events that tell a change which its page or model need not tell again."""

    name: str
    label: str = ""
    permission: str = ""
    hidden: bool = False
    index: bool | None = None
    noise: tuple[Noise, ...] = ()
    transitions: frozenset[str] = field(default_factory=frozenset)


@cache
def logs() -> dict[str, Log]:
    """Return the logs of LOGS by name. Raises SettingError on a wrong key or value, with the nearest right one."""
    return {name: _log(name, given) for name, given in settings.LOGS.items()}


def label(name: str) -> str:
    """Return what a log is called: its label, else its name."""
    log = logs().get(name)
    return (log.label if log else "") or name


def permitted(user: Any, name: str) -> bool:
    """Return whether `user` may see events of the log on the web: neither hidden, nor a permission is lacking."""
    log = logs().get(name)
    return log is None or (not log.hidden and (not log.permission or user.has_perm(log.permission)))


def visible(user: Any) -> Q:
    """Return the question that leaves out the logs that `user` may not see; an empty one where there is none."""
    closed = sorted(name for name in logs() if not permitted(user, name))
    return ~Q(log__in=closed) if closed else Q()


def _log(name: str, given: Any) -> Log:
    if not isinstance(given, Mapping):
        raise SettingError(f"AUDITSEARCH['LOGS'][{name!r}] must be a dictionary, such as {{'label': 'Students'}}.")
    where = f"AUDITSEARCH['LOGS'][{name!r}]"
    values = _checked(where, given, Log)
    if "index" in values and not _NAME.fullmatch(name):
        raise SettingError(f"{where}: a log with an index of its own is named by a-z, 0-9 and _.")
    noise = tuple(_noise(f"{where}['noise']", rule) for rule in values.pop("noise", ()))
    return Log(name, noise=noise, transitions=frozenset(_texts(values.pop("transitions", ()))), **values)


def _noise(where: str, given: Any) -> Noise:
    if not isinstance(given, Mapping) or not set(given) - {"window"}:
        raise SettingError(f"{where}: a rule is a dictionary such as {{'group': 'applicants', 'code': 'update'}}.")
    values = _checked(where, given, Noise)
    window = values.pop("window", 0)
    if isinstance(window, bool) or not isinstance(window, int | float) or window < 0:
        raise SettingError(f"{where}['window'] is {window!r}; it must be a number of seconds.")
    return Noise(window=window, **{name: _texts(value) for name, value in values.items()})


def _checked(where: str, given: Mapping[str, Any], kind: type) -> dict[str, Any]:
    known = [each.name for each in fields(kind) if each.name != "name"]
    for name in given:
        if name not in known:
            meant = remedy(str(name), known, f"Known are: {', '.join(known)}.")
            raise SettingError(f"{where} has a key {name!r}, which is none. {meant}")
    return dict(given)


def _texts(value: str | Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "AUDITSEARCH":
        logs.cache_clear()


setting_changed.connect(_forget, dispatch_uid="auditsearch.logs.catalog")
