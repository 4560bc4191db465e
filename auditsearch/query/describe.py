"""A question as a sentence, in English or Russian."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language

from auditsearch.exceptions import QueryError
from auditsearch.forms import plain
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.tree import ALL, NONE, And, Near, Node, Not, Or, Where, Words
from auditsearch.stems import STEM

LANGUAGES = ("en", "ru")
"""The languages of `describe`."""

ENGLISH = {
    "all": "All events",
    "none": "No event",
    "events": "Events where {}",
    "and": " and ",
    "or": " or ",
    "not": "not ({})",
    "words": "the words {} stand anywhere",
    "phrase": "{} stands anywhere",
    "prefix": "a word begins with {}",
    "fuzzy": "a word is like {}",
    "forms": "{} stands anywhere in any form",
    "isnull": "{field} has no value",
    "known": "{field} has a value",
    "true": "true",
    "false": "false",
    **{key: row.english for key, row in LOOKUPS.items() if key != "isnull"},
}
"""Sentences; a lookup's is its row's."""

RUSSIAN = {
    "all": "Все события",
    "none": "Ни одно событие",
    "events": "События, где {}",
    "and": " и ",
    "or": " или ",
    "not": "неверно, что ({})",
    "words": "встречаются слова {}",
    "phrase": "встречается {}",
    "prefix": "есть слово, которое начинается с {}",
    "fuzzy": "есть слово, похожее на {}",
    "forms": "встречается {} в любой форме",
    "isnull": "{field}: нет значения",
    "known": "{field}: есть значение",
    "true": "да",
    "false": "нет",
    "exact": "{field}: {value}",
    "iexact": "{field}: {value} в любом регистре",
    "contains": "{field} содержит {value}",
    "icontains": "{field} содержит {value} в любом регистре",
    "startswith": "{field} начинается с {value}",
    "istartswith": "{field} начинается с {value} в любом регистре",
    "endswith": "{field} оканчивается на {value}",
    "iendswith": "{field} оканчивается на {value} в любом регистре",
    "in": "{field}: одно из {value}",
    "gt": "{field} больше {value}",
    "gte": "{field} не меньше {value}",
    "lt": "{field} меньше {value}",
    "lte": "{field} не больше {value}",
    "range": "{field} от {value} включительно",
    "regex": "{field}: часть подходит под {value}",
    "iregex": "{field}: часть подходит под {value} в любом регистре",
    "cidr": "{field} из сети {value}",
}
"""The same in Russian."""

_FIELDS = {
    "ts": ("the time", "время"),
    "id": ("the event's id", "номер события"),
    "event_code": ("the action", "действие"),
    "event_type": ("the kind of event", "вид события"),
    "system_type": ("the system", "система"),
    "object_type": ("the kind of object", "вид объекта"),
    "object_id": ("the object's id", "номер объекта"),
    "object_label": ("the object's name", "название объекта"),
    "request_token": ("the request", "запрос"),
    "suid": ("the user's id", "номер пользователя"),
    "user_name": ("the user", "пользователь"),
    "ip": ("the address", "адрес"),
    "log_name": ("the log", "журнал"),
    "level": ("the level", "уровень"),
    "logger": ("the logger", "источник"),
    "verbose": ("the sentence", "описание"),
    "changed": ("a changed field", "изменённое поле"),
    "@year": ("the year", "год"),
    "@month": ("the month", "месяц"),
    "@day": ("the day of the month", "день месяца"),
    "@weekday": ("the day of the week", "день недели"),
    "@hour": ("the hour", "час"),
}
_DAYS = (
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
)
_ROOTS = {
    "context": ("{} in the context", "{} в контексте"),
    "snapshot": ("{} of the object", "{} объекта"),
    "from": ("{} before", "{} до изменения"),
    "to": ("{} after", "{} после изменения"),
}


def describe(node: Node, language: str | None = None) -> str:
    """Return the question as a sentence in `language`, by default the active one. Raises QueryError on others."""
    code = language or ("ru" if (get_language() or "en").startswith("ru") else "en")
    if code not in LANGUAGES:
        raise QueryError(f"A question can be described in {' and '.join(LANGUAGES)}, not in {code!r}.")
    said = _Speech(RUSSIAN if code == "ru" else ENGLISH, LANGUAGES.index(code))
    if node in (ALL, NONE):
        return said.table["all" if node == ALL else "none"]
    return said.table["events"].format(said.node(node))


class _Speech:
    """One language: its sentences, and which of two names is its own."""

    def __init__(self, table: dict[str, str], own: int) -> None:
        self.table, self.own = table, own

    def node(self, node: Node, inside: bool = False) -> str:
        match node:
            case And(()) | Or(()):
                return self.table["all" if node == ALL else "none"].lower()
            case Or((Words((word,)), *others)) if others and all(_is_stem(other) for other in others):
                return self.table["forms"].format(_quoted(word))
            case And(nodes) | Or(nodes):
                joined = self.table["and" if isinstance(node, And) else "or"].join(self.node(n, True) for n in nodes)
                return f"({joined})" if inside and len(nodes) > 1 else joined
            case Not(inner):
                return self.table["not"].format(self.node(inner))
            case Near(word, how):
                return self.table[how].format(_quoted(word))
            case Words(words, phrase):
                return self.words(words, phrase)
            case Where():
                return self.where(node)
        raise TypeError(f"{type(node).__name__} is a question for an engine.")

    def words(self, words: tuple[str, ...], phrase: bool) -> str:
        if phrase or len(words) == 1:
            return self.table["phrase"].format(_quoted(" ".join(words)))
        return self.table["words"].format(self.listed(map(_quoted, words)))

    def where(self, where: Where) -> str:
        field = self.field(where.path)
        if where.lookup == "isnull":
            return self.table["isnull" if where.value else "known"].format(field=field)
        lookup, value = where.lookup, where.value
        if where.path == "@weekday":
            value = tuple(_DAYS[self.own][int(day) - 1] for day in value)
        if lookup == "in" and len(value) == 1:
            lookup, value = "exact", value[0]
        return self.table[lookup].format(field=field, value=self.value(value, lookup))

    def field(self, path: str) -> str:
        if path in _FIELDS:
            return _FIELDS[path][self.own]
        root, _, keys = path.partition(".")
        return _ROOTS[root][self.own].format(_quoted(keys))

    def value(self, value: Any, lookup: str) -> str:
        if isinstance(value, tuple):
            between = " до " if self.own else " and "
            parts = [self.value(item, lookup) for item in value]
            return between.join(parts) if lookup == "range" else self.listed(parts)
        if isinstance(value, bool):
            return self.table["true" if value else "false"]
        if isinstance(value, datetime):
            return value.astimezone(get_current_timezone()).isoformat(" ").replace("T", " ")
        return plain(value) if isinstance(value, int | Decimal) else _quoted(str(value))

    def listed(self, parts: Iterable[str]) -> str:
        return ", ".join(parts) or "—"


def _is_stem(node: Node) -> bool:
    return isinstance(node, Words) and node.words[0].startswith(STEM)


def _quoted(text: str) -> str:
    return f"“{text}”"
