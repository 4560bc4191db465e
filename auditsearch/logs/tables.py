"""Reading the tables of other audit libraries: row by row in flat memory, each an event with an id of its own key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.db import connections

from auditsearch import canonical
from auditsearch.event import imported_id, micros
from auditsearch.logs import rivals
from auditsearch.logs.format import LogFileError, Survey
from auditsearch.logs.importers import Row, outbox_row, written
from auditsearch.logs.names import Names, object_key
from auditsearch.partition import partition_of

PAGE = 1000
"""Rows of one SELECT."""

TABLES = {
    "datalogging": (rivals.DATALOGGING,),
    "auditlog": (rivals.AUDITLOG,),
    "easyaudit": (rivals.EASY_CHANGES, rivals.EASY_LOGINS, rivals.EASY_REQUESTS),
    "simple_history": (rivals.SIMPLE_HISTORY,),
}
"""Format -> how its tables are read."""

OWN_ZONE = ("auditlog", "easyaudit", "simple_history")
"""Formats whose times are the site's own, so that no --timezone need be said."""


@dataclass(frozen=True)
class Table:
    """One table on the database `using`, or a file of `dumpdata` in its place."""

    reader: rivals.Reader
    name: str
    using: str
    log: str
    source: str
    zone: tzinfo
    file: Path | None = None

    @property
    def path(self) -> str:
        """What it is called when it is told of."""
        return str(self.file or f"{self.name} ({self.using})")

    def survey(self, period: str | None = None) -> Survey:
        """Read it and write nothing."""
        found = Survey()
        for ts, _fields, _raw in self._events():
            moment = datetime.fromtimestamp(ts / 1_000_000, UTC)
            found.add(moment, False, partition_of(ts, window=None, period=period, log=self.log))
        return found

    def record(self, period: str | None = None) -> Iterator[int]:
        """Put each row into the outbox; yields the number of each batch when it is committed."""
        return written(self._rows(period))

    def _rows(self, period: str | None) -> Iterator[Row]:
        for ts, fields, raw in self._events():
            event_id = imported_id(canonical.text(self.source), self.log, raw, 1)
            yield outbox_row(event_id, ts, {"log": self.log, **rivals.USUAL, **fields}, period)

    def _events(self) -> Iterator[tuple[int, dict[str, Any], bytes]]:
        names, before = Names(self.using), dict[str, Any]()
        for values in self._values():
            yield self._event(values, before, names)
            before = values

    def _event(self, values: dict[str, Any], before: dict[str, Any], names: Names) -> tuple[int, dict[str, Any], bytes]:
        try:
            fields = self.reader.convert(values, before, names, self.name)
            moment = self._moment(fields.pop("timestamp"))
            key = ":".join(str(values[column]) for column in self.reader.identity)
        except KeyError as error:
            raise LogFileError(f"a row has no column {error}; it has {', '.join(values)}.") from error
        return micros(moment), fields, f"{self.name}:{key}".encode()

    def _values(self) -> Iterator[dict[str, Any]]:
        return dumped(self.file, self.reader.dump) if self.file else self._selected()

    def _selected(self) -> Iterator[dict[str, Any]]:
        """All rows, in the order of the reader's keys, page by page: no cursor stays open while rows are written."""
        last: Sequence[Any] | None = None
        while True:
            page = self._page(last)
            yield from page
            if len(page) < PAGE:
                return
            last = [page[-1][column] for column in self._keys]

    def _page(self, last: Sequence[Any] | None) -> list[dict[str, Any]]:
        name = connections[self.using].ops.quote_name
        columns = [name(column) for column in self._keys]
        where, values = "", list[Any]()
        if last is not None:
            where, values = _after(columns, last)
        statement = f"SELECT * FROM {name(self.name)} {where} ORDER BY {', '.join(columns)} LIMIT {PAGE}"  # noqa: S608 - quoted names
        with connections[self.using].cursor() as cursor:
            cursor.execute(statement, values)
            heads = [column[0] for column in cursor.description]
            return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]

    @cached_property
    def _keys(self) -> list[str]:
        own = object_key(self.name) if self.reader is rivals.SIMPLE_HISTORY else None
        return [own, *self.reader.keys] if own else list(self.reader.keys)

    def _moment(self, value: Any) -> datetime:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if moment.tzinfo is None:
            sites = self.reader.sites_zone and django_settings.USE_TZ and self.file is None
            moment = moment.replace(tzinfo=connections[self.using].timezone if sites else self.zone)
        return moment.astimezone(UTC)


def tables(format_name: str, files: Sequence[Path], using: str, log: str, source: str, zone: tzinfo) -> list[Table]:
    """Return the tables of a format on the database `using`, or its dumps. Raises LogFileError where there are none."""
    readers = TABLES[format_name]
    if files:
        if readers[0].dump is None:
            raise LogFileError(f"--format {format_name} reads tables of --database, no files.")
        return [Table(readers[0], readers[0].table, using, log, source, zone, file) for file in files]
    if using not in connections:
        raise LogFileError(f"--database {using} is not in DATABASES; there are: {', '.join(connections)}.")
    with connections[using].cursor() as cursor:
        there = connections[using].introspection.table_names(cursor)
    found = [Table(each, name, using, log, source, zone) for each in readers for name in _named(each, there, using)]
    if not found:
        wanted = ", ".join(each.table for each in readers)
        raise LogFileError(f"the database {using!r} has no table {wanted}: say --database.")
    return found


def dumped(path: Path | None, model: str | None) -> Iterator[dict[str, Any]]:
    """Yield the rows of `model` in a file that `dumpdata` wrote, in flat memory. Raises LogFileError on any other."""
    assert path is not None  # noqa: S101 - for the type
    for item in _array(path):
        if str(item.get("model", "")).lower() == model:
            yield {"id": item.get("pk"), **item["fields"]}


def _array(path: Path) -> Iterator[dict[str, Any]]:
    decoder, text = json.JSONDecoder(), ""
    with open(path, encoding="utf-8") as stream:
        while chunk := stream.read(1 << 20):
            text += chunk
            while (text := text.lstrip(" \t\r\n[,]")) and (found := _decoded(decoder, text)) is not None:
                item, end = found
                if not isinstance(item, dict):
                    raise LogFileError(f"{path} is no file that dumpdata wrote: a list of objects was expected.")
                yield item
                text = text[end:]
    if text:
        raise LogFileError(f"{path} is no whole JSON file that dumpdata wrote: it ends with {text[:40]!r}.")


def _decoded(decoder: json.JSONDecoder, text: str) -> tuple[Any, int] | None:
    try:
        return decoder.raw_decode(text)
    except ValueError:
        return None  # the rest of it is in the next chunk


def _named(reader: rivals.Reader, there: list[str], using: str) -> list[str]:
    if reader is rivals.SIMPLE_HISTORY:
        with connections[using].cursor() as cursor:
            describe = connections[using].introspection.get_table_description
            return [
                name for name in there if {"history_id", "history_date"} <= {row.name for row in describe(cursor, name)}
            ]
    return [reader.table] if reader.table in there else []


def _after(columns: Sequence[str], last: Sequence[Any]) -> tuple[str, list[Any]]:
    if len(columns) == 1:
        return f"WHERE {columns[0]} > %s", list(last)
    first, second = columns
    return f"WHERE {first} > %s OR ({first} = %s AND {second} > %s)", [last[0], last[0], last[1]]
