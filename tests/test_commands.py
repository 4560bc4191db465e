"""The commands that ship and check: what they print, and their exit codes."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.functions import Now

from auditsearch import backends
from auditsearch.backends.base import Finding, Outcome, Settled, Status
from auditsearch.document import Document
from auditsearch.exceptions import BackendUnavailable
from auditsearch.management.commands import auditsearch_check, auditsearch_ship
from auditsearch.models import OutboxRow, State
from tests.rows import append
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The store of the settings."""
    server = Server()
    monkeypatch.setattr(backends, "_make", lambda kind: server)
    backends._made.clear()
    yield server
    backends._made.clear()


@pytest.fixture
def run(store: Server) -> Callable[..., str]:
    """Call a command; returns what it printed."""

    def call(name: str, *args: str, stderr: io.StringIO | None = None) -> str:
        out = io.StringIO()
        call_command(f"auditsearch_{name}", *args, stdout=out, stderr=stderr or out)
        return out.getvalue()

    return call


class TestShip:
    def test_it_ships_every_database_and_ends(self, run, store) -> None:
        append(2)
        append(1, "other")
        assert "3 events shipped." in run("ship")
        assert len(store.batches) == 2

    def test_one_database_can_be_chosen(self, run) -> None:
        append(2)
        append(1, "other")
        assert "1 events shipped." in run("ship", "--database", "other")

    def test_a_limit_counts_over_all_databases(self, run) -> None:
        append(2)
        append(2, "other")
        assert "3 events shipped." in run("ship", "--limit", "3")

    @pytest.mark.parametrize("options", [["--limit", "0"], ["--limit", "5", "--watch"], ["--database", "audit"]])
    def test_options_that_make_no_sense_are_refused_with_the_choices(self, run, options) -> None:
        with pytest.raises(CommandError, match=r"above zero|default, other"):
            run("ship", *options)

    def test_a_terminal_sees_rate_and_remaining_time(self, run, settings) -> None:
        settings.AUDITSEARCH = {"BATCH_SIZE": 2}
        append(4)
        screen = Terminal()
        run("ship", stderr=screen)
        first, last = screen.getvalue().split("\r")[1:]
        assert first.startswith("default: 2 of 4 shipped, ")
        assert last.rstrip().endswith("/s, 0:00 left")

    def test_elsewhere_there_is_a_line_every_few_seconds(self, run, settings, monkeypatch) -> None:
        settings.AUDITSEARCH = {"BATCH_SIZE": 1}
        clock = SimpleNamespace(monotonic=iter(range(0, 100, 3)).__next__)
        monkeypatch.setattr(auditsearch_ship, "time", clock)
        append(4)
        lines = run("ship").splitlines()
        assert [line[:16] for line in lines] == ["default: 1 of 4 ", "default: 3 of 4 ", "4 events shipped"]

    def test_a_store_that_is_away_is_a_sentence_and_keeps_the_rows(self, run, store) -> None:
        append()
        store.fails = BackendUnavailable("The server can't be reached.")
        with pytest.raises(CommandError, match=r"can't be reached\. The events wait in the outbox"):
            run("ship")
        assert OutboxRow.objects.get().state == State.WAITING

    def test_events_put_off_are_told(self, run, store) -> None:
        (event,) = append()
        store.answers[event] = Settled.RETRY
        with pytest.raises(CommandError, match="1 events were put off"):
            run("ship")

    def test_a_missing_table_names_the_command(self, run, settings) -> None:
        settings.AUDITSEARCH = {"DATABASE": "default"}
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE auditsearch_outbox RENAME TO gone")
        with pytest.raises(CommandError, match="migrate --database=default"):
            run("ship")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_watching_ends_at_a_signal_after_the_batch_on_its_way(self, run, monkeypatch, number) -> None:
        class Signalling(Server):
            def index(self, documents: Sequence[Document], **options: Any) -> list[Outcome]:
                os.kill(os.getpid(), number)
                return super().index(documents, **options)

        append(3)
        monkeypatch.setitem(backends._made, "memory", Signalling())
        former = signal.getsignal(number)
        assert run("ship", "--watch").splitlines()[-2:] == ["3 events shipped.", "Stopped."]
        assert OutboxRow.objects.filter(state=State.SHIPPED).count() == 3
        assert signal.getsignal(number) is former

    def test_help_shows_the_command_to_keep_running(self, capsys) -> None:
        with pytest.raises(SystemExit):
            auditsearch_ship.Command().create_parser("manage.py", "auditsearch_ship").parse_args(["--help"])
        assert "\n  manage.py auditsearch_ship --watch\n" in capsys.readouterr().out


class TestCheck:
    def told(self, run: Callable[..., str], code: int) -> dict[str, Any]:
        """What `--json` tells, if the exit code is this one."""
        out = io.StringIO()
        with pytest.raises(SystemExit) if code else nullcontext(SimpleNamespace(value=SystemExit(0))) as exited:
            call_command("auditsearch_check", "--json", stdout=out)
        assert exited.value.code == code
        return json.loads(out.getvalue())

    def test_all_well_is_exit_code_0(self, run) -> None:
        append(2)
        told = self.told(run, 0)
        assert told["ok"]
        assert told["databases"]["default"]["rows"] == {"waiting": 2}

    def test_an_error_of_the_store_is_exit_code_1(self, run, store, monkeypatch) -> None:
        finding = Finding("error", "A write block is on the index.", "Lift it.")
        monkeypatch.setattr(store, "status", lambda: Status(7, [finding]))
        assert self.told(run, 1)["findings"] == [{"level": "error", "message": finding.message, "hint": "Lift it."}]

    def test_a_store_that_is_away_is_an_error(self, run, store, monkeypatch) -> None:
        def away() -> Status:
            raise BackendUnavailable("The server can't be reached.")

        monkeypatch.setattr(store, "status", away)
        assert self.told(run, 1)["findings"][0]["message"] == "The server can't be reached."

    def test_quarantined_events_are_an_error(self, run, store) -> None:
        (event,) = append()
        store.answers[event] = Settled.QUARANTINE
        run("ship")
        assert "1 events can't be stored" in self.told(run, 1)["findings"][-1]["message"]

    def test_an_old_waiting_row_is_an_error_with_its_last_reason(self, run) -> None:
        append()
        OutboxRow.objects.update(created_at=Now() - timedelta(hours=3), error="503 unavailable")
        told = self.told(run, 1)
        assert "has waited for 3:00:0" in told["findings"][-1]["message"]
        assert told["findings"][-1]["hint"] == "Last error: 503 unavailable"
        assert told["databases"]["default"]["oldest_seconds"] > 3 * 3600

    def test_a_database_without_the_table_is_told_with_the_command(self, run) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE auditsearch_outbox RENAME TO gone")
        assert "migrate --database=default" in self.told(run, 0)["findings"][-1]["hint"]

    def test_lines_are_for_people(self, run, store, monkeypatch) -> None:
        monkeypatch.setattr(store, "status", lambda: Status(7, [Finding("warning", "One copy.", "Add a node.")]))
        append(2)
        lines = run("check").splitlines()
        assert lines[0] == "7 events in the store"
        assert lines[1].startswith("default: 2 waiting, the oldest waits for 0 s; delivery: inline")
        assert lines[-2:] == ["WARNING  One copy.", "         Add a node."]

    def test_each_level_has_a_mark(self) -> None:
        assert set(auditsearch_check.MARKS) == {"ok", "warning", "error"}
