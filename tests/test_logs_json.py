"""JSON lines of other services: read once, and followed through rotation, truncation and restarts."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from auditsearch import outbox
from auditsearch.event import new_id
from auditsearch.logs import follow, jsonlines
from auditsearch.logs.files import LogFile
from auditsearch.logs.follow import Follower, place_of
from auditsearch.management.commands import auditsearch_import
from auditsearch.models import OutboxRow

pytestmark = pytest.mark.django_db

Follow = Callable[[Path], Follower]

NOON = 1_795_348_800_000_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's file goes."""
    return tmp_path / "app.log"


def line(text: str, **members: Any) -> str:
    """A line of AuditFormatter."""
    tree = {"id": new_id(NOON), "ts": NOON, "schema": 1, "verbose": text, **members}
    return json.dumps(tree) + "\n"


def file_of(path: Path) -> LogFile:
    """How `path` is read."""
    return LogFile(path, "billing", ZoneInfo("UTC"), path.name, format="json")


@pytest.fixture
def follower() -> Iterator[Callable[[Path], Follower]]:
    """Makes followers that begin anew, as after a restart, and closes them."""
    with ExitStack() as opened:
        yield lambda path: opened.enter_context(closing(Follower(file_of(path), place_of(path))))


def texts() -> list[str]:
    """The sentences in the outbox."""
    rows = OutboxRow.objects.order_by("pk").values_list("canonical", flat=True)
    return [json.loads(row).get("verbose", "") for row in rows]


def write(path: Path, *parts: str, mode: str = "a") -> None:
    """Add to the file."""
    with open(path, mode) as stream:
        stream.write("".join(parts))


def test_a_line_of_ours_keeps_its_id_and_time(path: Path) -> None:
    write(path, own := line("x", log_name="shop"))
    list(file_of(path).record())
    (row,) = OutboxRow.objects.all()
    assert (row.event_id, json.loads(row.canonical)["ts"]) == (json.loads(own)["id"], NOON)
    assert json.loads(row.canonical)["log_name"] == "shop"


@pytest.mark.parametrize(
    ("strange", "found"),
    [
        ({"time": "2026-11-22T12:00:00Z", "msg": "hi", "levelname": "info"}, {"verbose": "hi", "level": "INFO"}),
        ({"asctime": "2026-11-22 12:00:00,5", "message": "hi", "name": "app"}, {"logger": "app"}),
        ({"time": 1795348800123, "level": 30, "msg": "pino"}, {"level": "WARNING"}),
        ({"@timestamp": "2026-11-22T12:00:00Z", "user": "Anna", "event": "paid"}, {"user": "Anna", "verbose": "paid"}),
        ({"ts": 1795348800.5, "amount": 5, "msg": ""}, {"context_data": {"amount": 5, "msg": ""}}),
    ],
)
def test_lines_of_other_libraries_are_understood(strange: dict[str, Any], found: dict[str, Any]) -> None:
    fields = jsonlines.parse(json.dumps(strange))
    assert fields is not None
    assert fields["timestamp"].year == 2026
    assert fields.items() >= found.items()


@pytest.mark.parametrize("broken", ["{", "[1]", "5", "plain text", '{"id": 1, "ts": 1e99', "[" * 100_000])
def test_a_broken_line_is_kept_and_counted(path: Path, broken: str) -> None:
    write(path, line("before"), broken, "\n", line("after"))
    assert file_of(path).survey().broken == 1
    list(file_of(path).record())
    assert texts() == ["before", broken, "after"]


def test_secrets_in_lines_are_hidden(path: Path) -> None:
    write(path, line("password=geheim", context={"token": "geheim", "a": {"api_key": 5}}), '{"pwd": "geheim"\n')
    list(file_of(path).record())
    assert not any("geheim" in row.canonical for row in OutboxRow.objects.all())


def test_equal_lines_of_strangers_are_as_many_events_and_an_import_can_be_repeated(path: Path) -> None:
    write(path, '{"time": "2026-11-22T12:00:00Z", "msg": "x"}\n' * 3)
    for _ in range(2):
        list(file_of(path).record())
    assert len(set(OutboxRow.objects.values_list("event_id", flat=True))) == 3


def test_following_reads_whole_lines_only_and_each_once(path: Path, follower: Follow) -> None:
    reader, last = follower(path), line("c")
    assert reader.step() == 0
    write(path, line("a"), line("b"), last[:20])
    assert reader.step() == 2
    write(path, last[20:])
    assert reader.step() == 1
    assert reader.step() == 0
    assert texts() == ["a", "b", "c"]


def test_a_restart_goes_on_where_the_position_says(path: Path, follower: Follow) -> None:
    write(path, line("a"))
    follower(path).step()
    write(path, line("b"))
    follower(path).step()
    assert texts() == ["a", "b"]


def test_rotation_while_following_loses_no_line(path: Path, follower: Follow) -> None:
    reader = follower(path)
    write(path, line("a"))
    reader.step()
    os.rename(path, old := path.with_name("app.log.1"))
    write(old, line("late"), line("cut")[:-1])
    write(path, line("new"))
    assert reader.step() == 1
    write(old, "\n" + line("later still"))
    reader.step()
    assert texts() == ["a", "late", "cut", "later still", "new"]


def test_two_rotations_between_two_looks_lose_no_line(path: Path, follower: Follow) -> None:
    write(path, line("a"))
    reader = follower(path)
    reader.step()
    write(path, line("b"))
    os.rename(path, path.with_name("app.log.2"))
    write(middle := path.with_name("app.log.1"), line("c"))
    os.utime(middle, ns=(2**61, 2**61))
    write(path, line("d"))
    for _ in range(2):
        reader.step()
    assert texts() == ["a", "b", "c", "d"]


def test_rotation_while_nobody_followed_loses_no_line(path: Path, follower: Follow) -> None:
    write(path, line("a"))
    follower(path).step()
    write(path, line("b"))
    os.rename(path, path.with_name("app.log.1"))
    write(path, line("c"))
    follower(path).step()
    assert texts() == ["a", "b", "c"]


@pytest.mark.parametrize("again", [["c"], ["c", "d", "e", "f"]])
def test_a_file_that_was_copied_and_cut_begins_anew(path: Path, follower: Follow, again: list[str]) -> None:
    reader = follower(path)
    write(path, line("a"), line("b"))
    reader.step()
    write(path, *map(line, again), mode="r+" if len(again) > 1 else "w")
    reader.step()
    assert texts() == ["a", "b", *again]


def test_a_file_that_is_gone_for_good_is_told(path: Path, follower: Follow) -> None:
    write(path, line("a"))
    follower(path).step()
    path.unlink()
    write(path, line("b"))
    reader = follower(path)
    reader.step()
    assert (texts(), reader.gaps) == (["a", "b"], 1)


def test_a_crash_before_the_position_is_kept_doubles_nothing(
    path: Path, follower: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(path, line("a"), '{"time": "2026-11-22T12:00:00Z", "msg": "x"}\n')
    with monkeypatch.context() as patch:
        patch.setattr(follow.os, "replace", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            follower(path).step()
    follower(path).step()
    assert len(set(OutboxRow.objects.values_list("event_id", flat=True))) == 2


def followed(path: Path, *lines: str) -> str:
    """What `--follow` prints until SIGTERM, while `lines` are added to the file."""
    out = StringIO()
    timers = [threading.Timer(0.3, write, [path, *lines]), threading.Timer(1.5, os.kill, [os.getpid(), signal.SIGTERM])]
    for timer in timers:
        timer.start()
    try:
        call_command("auditsearch_import", str(path), format="json", follow=True, stdout=out, stderr=out)
    finally:
        for timer in timers:
            timer.join()
    return out.getvalue()


def test_the_command_follows_until_it_is_stopped(path: Path) -> None:
    assert followed(path, line("a"), line("b")) == "2 entries recorded\n"
    assert texts() == ["a", "b"]
    assert followed(path, line("c")) == "1 entries recorded\n"


def test_a_database_that_fails_for_a_while_loses_no_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditsearch_import, "RETRY_SECONDS", 0.1)
    failures = iter([OperationalError("database is locked")])
    append = outbox.append

    def failing(*rows: Any) -> None:
        if error := next(failures, None):
            raise error
        append(*rows)

    monkeypatch.setattr(outbox, "append", failing)
    assert "database is locked. Trying again." in followed(path, line("a"))
    assert texts() == ["a"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"format": "kofa", "timezone": "UTC", "follow": True}, "--follow reads --format json"),
        ({"format": "no.such.function", "timezone": "UTC"}, "can't be imported: No module named 'no'. Known are kofa"),
        ({"format": "auditlogs", "timezone": "UTC"}, "is none of kofa, json, .* Did you mean auditlog?"),
        ({"format": "apache", "timezone": "UTC"}, "A function of yours is named by its dotted path"),
        ({"format": "kofa"}, "say --timezone"),
    ],
)
def test_a_wrong_option_is_a_sentence(path: Path, options: dict[str, Any], sentence: str) -> None:
    write(path, line("a"))
    with pytest.raises(CommandError, match=sentence):
        call_command("auditsearch_import", str(path), stdout=StringIO(), **options)


@pytest.mark.parametrize(
    ("files", "name", "sentence"),
    [
        (["gone.log"], "json", r"^gone.log can't be read \(No such file"),
        ([], "jsn", "Did you mean json"),
        ([], "json", "one FILE"),
    ],
)
def test_files_that_are_missing_are_told(files: list[str], name: str, sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("auditsearch_import", *files, format=name, timezone="UTC", stdout=StringIO())
