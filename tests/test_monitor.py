"""Telling how auditing is: numbers, a canary, URLs for monitoring, metrics, and alerts that are told once."""

from __future__ import annotations

import io
import json
import signal
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client

from auditsearch import backends, backlog, ship
from auditsearch.api import record
from auditsearch.backends.base import Settled
from auditsearch.capture.handlers import failures
from auditsearch.capture.mask import hidden
from auditsearch.exceptions import BackendUnavailable, SettingError
from auditsearch.models import OutboxRow, SavedSearch
from auditsearch.monitor import alerts, canary
from auditsearch.monitor.health import Health, health
from tests.rows import append
from tests.stores import Server

pytestmark = pytest.mark.django_db(databases=["default", "other"])

NEAR = {"MONITOR_ADDRESSES": ["127.0.0.0/8"]}


def late() -> None:
    """The oldest event has waited for an hour."""
    OutboxRow.objects.update(created_at=Now() - timedelta(hours=1))


def status(*arguments: str) -> tuple[str, int]:
    """What the command prints, and its exit code."""
    out = io.StringIO()
    try:
        call_command("auditsearch_status", *arguments, stdout=out, stderr=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


class TestHealth:
    def test_all_is_well_while_events_arrive(self, settings) -> None:
        settings.AUDITSEARCH = {"KEEP_SHIPPED": 1}
        append(10)
        ship.drain("default", Server())
        now = health()
        assert now.ok
        assert (now.databases["default"].captured_per_minute, now.databases["default"].shipped_per_minute) == (2, 2)

    def test_rates_are_unknown_where_shipped_rows_are_not_kept(self) -> None:
        assert health().databases["default"].shipped_per_minute is None

    def test_an_event_that_waits_too_long_is_an_error(self) -> None:
        append()
        late()
        now = health()
        assert not now.ok
        assert 3600 <= now.oldest_seconds < 3700

    def test_the_last_error_and_what_is_held_are_told(self) -> None:
        bad, busy = append(2)
        ship.drain("default", Server(**{bad: Settled.QUARANTINE, busy: Settled.RETRY}))
        now = health()
        assert (now.total("quarantined"), now.databases["default"].last_error) == (1, "as the test wants")

    def test_a_store_that_is_away_is_a_finding(self, monkeypatch) -> None:
        class Away(Server):
            def status(self) -> Any:
                raise BackendUnavailable("away")

        monkeypatch.setattr(backends, "_made", {backends.backend_kind(): Away()})
        assert [finding.message for finding in health().errors] == ["away"]

    def test_a_database_that_is_away_is_a_finding(self, monkeypatch) -> None:
        def away(using: str) -> bool:
            raise OperationalError("could not connect to server: password=SECRET")

        monkeypatch.setattr(backlog, "migrated", away)
        (told, _) = health().errors
        assert "default" in told.message
        assert "SECRET" not in told.message


class TestCommand:
    def test_the_exit_code_says_whether_somebody_must_act(self) -> None:
        assert status()[1] == 0
        append()
        late()
        assert status()[1] == 1

    def test_quiet_prints_nothing(self) -> None:
        assert status("--quiet") == ("", 0)

    def test_json_holds_the_numbers(self) -> None:
        append(3)
        told = json.loads(status("--json")[0])
        assert told["ok"] is True
        assert told["databases"]["default"]["rows"] == {"waiting": 3}

    def test_lines_tell_backlog_age_and_error(self) -> None:
        (busy,) = append()
        ship.drain("default", Server(**{busy: Settled.RETRY}))
        assert "default: 1 waiting; the oldest waits for 0 s; last error: as the test wants" in status()[0]


class TestCanary:
    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_it_is_written_shipped_and_found(self) -> None:
        assert canary.fly(timeout=300).seconds is not None
        assert status("--canary")[1] == 0

    def test_where_nobody_ships_it_says_so(self, settings) -> None:
        settings.AUDITSEARCH = {"DELIVERY": "command"}
        flown = canary.fly(timeout=0.3)
        assert flown.seconds is None
        assert "does a shipper run?" in flown.where
        assert status("--canary", "--timeout", "0.1")[1] == 1

    def test_while_auditing_is_off_it_can_t_fly(self, settings) -> None:
        settings.AUDITSEARCH = {"ENABLED": False}
        assert "ENABLED" in canary.fly(timeout=0.1).where


class TestURLs:
    @pytest.mark.parametrize("path", ["/monitor/health", "/monitor/metrics"])
    def test_nobody_reads_them_without_token_or_address(self, path, settings, client: Client) -> None:
        assert client.get(path).status_code == 403
        settings.AUDITSEARCH = {"MONITOR_TOKEN": "right", "MONITOR_ADDRESSES": ["10.0.0.0/8"]}
        assert client.get(path).status_code == 403
        assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 403
        assert client.get(path, headers={"Authorization": "Bearer right"}).status_code == 200
        assert client.get(path, headers={"Authorization": "Bearer right\u0131"}).status_code == 403

    def test_a_client_can_t_claim_an_address(self, settings, client: Client) -> None:
        settings.AUDITSEARCH = {"MONITOR_ADDRESSES": ["10.0.0.0/8"]}
        assert client.get("/monitor/health", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 403

    def test_health_is_counts_and_a_status(self, settings, client: Client) -> None:
        settings.AUDITSEARCH = {**NEAR, "DELIVERY": "command"}
        assert client.get("/monitor/health").json() == {
            "ok": True,
            "waiting": 0,
            "quarantined": 0,
            "truncated": 0,
            "superseded": 0,
            "expired_late": 0,
            "oldest_seconds": 0,
            "fallback": 0,
            "errors": 0,
        }
        append(verbose="SECRET")
        late()
        answer = client.get("/monitor/health")
        assert (answer.status_code, answer.json()["waiting"]) == (503, 1)
        assert b"SECRET" not in answer.content

    def test_metrics_are_what_prometheus_reads(self, settings, client: Client) -> None:
        settings.AUDITSEARCH = {**NEAR, "DELIVERY": "command"}
        append(2)
        text = client.get("/monitor/metrics").content.decode()
        assert 'auditsearch_outbox_rows{database="default",state="waiting"} 2.0' in text
        assert "auditsearch_healthy 1.0" in text

    def test_metrics_count_what_this_process_masked_and_whose_handlers_failed(self, settings, client: Client) -> None:
        settings.AUDITSEARCH = {**NEAR, "DELIVERY": "command"}
        record("note", password="x")
        failures["msg_for_log_signal"] += 1
        text = client.get("/monitor/metrics").content.decode()
        assert f"auditsearch_masked_values_total {hidden():.1f}" in text
        assert f'signal="msg_for_log_signal"}} {failures["msg_for_log_signal"]:.1f}' in text

    def test_without_the_extra_the_remedy_is_told(self, settings, monkeypatch, client: Client) -> None:
        settings.AUDITSEARCH = NEAR
        monkeypatch.setattr("auditsearch.monitor.views.find_spec", lambda name: None)
        answer = client.get("/monitor/metrics")
        assert (answer.status_code, b"auditsearch[metrics]" in answer.content) == (501, True)


class TestAlerts:
    @pytest.fixture
    def posted(self, settings) -> Callable[[], list[dict[str, Any]]]:
        """A webhook; what was posted to it."""
        seen: list[dict[str, Any]] = []

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Hook)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        settings.AUDITSEARCH = {"DELIVERY": "command", "ALERTS": {"held": {"state": "quarantined", "webhook": url}}}
        yield lambda: seen
        server.shutdown()
        server.server_close()

    def test_a_state_is_told_when_it_begins_and_when_it_ends_and_not_between(self, settings) -> None:
        settings.AUDITSEARCH = {
            "DELIVERY": "command",
            "ALERTS": {"late": {"state": "oldest_seconds", "above": 600, "mail": ["ops@example.org"]}},
        }
        append()
        late()
        assert [len(alerts.look(health(), {})) for _ in range(3)] == [1, 0, 0]
        OutboxRow.objects.all().delete()
        assert [len(alerts.look(health(), {})) for _ in range(2)] == [1, 0]
        assert [message.subject.split(" (")[0] for message in mail.outbox] == [
            "auditsearch: late is above 600",
            "auditsearch: late is no longer above 600",
        ]

    def test_a_question_is_asked_of_the_last_minutes(self, settings) -> None:
        asked = {"question": {"event_code": "login_failed"}, "minutes": 5, "above": 2, "mail": "ops@example.org"}
        settings.AUDITSEARCH = {"ALERTS": {"guessing": asked}, "DELIVERY": "command"}
        append(5, event_code="login_failed", ts=10**15)  # long ago
        for _ in range(3):
            record("login_failed")
        ship.drain("default", backends.get_backend())
        (news,) = alerts.look(Health(), {})
        assert (news.name, news.begins, news.value) == ("guessing", True, 3)

    def test_a_saved_question_is_asked_of_the_last_minutes(self, settings) -> None:
        asked = {"saved": "guessing", "above": 2, "mail": "ops@example.org"}
        settings.AUDITSEARCH = {"ALERTS": {"guessing": asked}, "DELIVERY": "command"}
        query = "q=event_code%3Alogin_failed&since=2020-01-01&until=2020-02-01"
        SavedSearch.objects.create(owner="1", owner_name="Anna", name="guessing", query=query, shared=True)
        append(5, event_code="login_failed", ts=10**15)  # long ago
        for code in ("login_failed", "login_failed", "login_failed", "login"):
            record(code)
        ship.drain("default", backends.get_backend())
        assert [news.value for news in alerts.look(Health(), {})] == [3]

    @pytest.mark.parametrize("shared", [False, True])
    def test_a_saved_question_that_is_not_one_for_all_is_an_error(self, shared, settings) -> None:
        settings.AUDITSEARCH = {"ALERTS": {"wrong": {"saved": "twice", "mail": "ops@example.org"}}}
        for owner in ("1", "2"):
            SavedSearch.objects.create(owner=owner, owner_name="A", name="twice", query="q=a", shared=shared)
        failed: dict[str, Exception] = {}
        assert alerts.look(Health(), failed) == []
        assert "shared saved searches" in str(failed["wrong"])

    def test_a_webhook_gets_json(self, posted) -> None:
        ids = append(2)
        ship.drain("default", Server(**{ids[0]: Settled.QUARANTINE}))
        assert "held is above 0" in status("--alerts")[0]
        assert [(news["alert"], news["begins"], news["value"]) for news in posted()] == [("held", True, 1.0)]

    def test_one_that_can_not_be_told_keeps_no_other_back(self, settings) -> None:
        told = {"state": "waiting", "mail": "a@example.org"}
        settings.AUDITSEARCH = {
            "ALERTS": {"first": {"state": "waiting", "webhook": "http://127.0.0.1:9/"}, "second": told},
            "DELIVERY": "command",
        }
        append()
        failed: dict[str, Exception] = {}
        assert [news.name for news in alerts.look(health(), failed)] == ["second"]
        assert list(failed) == ["first"]

    def test_who_looks_again_and_again_goes_on_where_one_can_not_be_told(self, settings, monkeypatch) -> None:
        settings.AUDITSEARCH = {
            "ALERTS": {"waits": {"state": "waiting", "webhook": "http://127.0.0.1:9/"}},
            "DELIVERY": "command",
        }
        append()
        monkeypatch.setattr("time.sleep", lambda seconds: signal.raise_signal(signal.SIGTERM))
        out = io.StringIO()
        with pytest.raises(CommandError, match=r"^Stopped\.$"):
            call_command("auditsearch_status", "--alerts", "--every", "60", stdout=out, stderr=out)
        assert "waits: <urlopen error" in out.getvalue()

    def test_what_could_not_be_told_is_tried_again(self, settings, monkeypatch) -> None:
        settings.AUDITSEARCH = {
            "ALERTS": {"waits": {"state": "waiting", "mail": "a@example.org"}},
            "DELIVERY": "command",
        }
        append()
        with monkeypatch.context() as patched:
            patched.setattr(alerts, "send_mail", lambda *_: (_ for _ in ()).throw(OSError("no mail")))
            with pytest.raises(CommandError, match="Alerts could not be told: waits: no mail"):
                status("--alerts")
        assert len(alerts.look(health(), {})) == 1

    @pytest.mark.parametrize(
        "entry",
        [
            {"state": "waiting"},
            {"state": "nothing", "mail": "a@example.org"},
            {"mail": "a@example.org"},
            {"state": "waiting", "webhook": "file:///etc/passwd"},
            {"state": "waiting", "mail": "a@example.org", "over": 9},
        ],
    )
    def test_an_alert_that_can_t_be_is_an_error(self, entry, settings) -> None:
        settings.AUDITSEARCH = {"ALERTS": {"wrong": entry}}
        with pytest.raises(SettingError, match="wrong"):
            alerts.look(Health(), {})
