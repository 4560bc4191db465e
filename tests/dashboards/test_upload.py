"""`auditsearch_setup --dashboards`: what is sent, and what is said of each answer."""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.dashboards.scripted import DashboardsServer, dashboards_server
from tests.dashboards.test_file import IDS

NEEDS = {"type": "missing_references", "references": [{"type": "index-pattern", "id": "auditsearch"}]}
HOURS = {"type": "visualization", "id": "auditsearch-hours"}


@pytest.fixture
def server(settings: Any) -> Iterator[DashboardsServer]:
    """A server as Dashboards is one, and a site with a search server."""
    settings.AUDITSEARCH = {"HOSTS": ["http://127.0.0.1:9"]}
    with dashboards_server() as made:
        yield made


def upload(url: str, **options: Any) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("auditsearch_setup", dashboards=url, stdout=out, **options)
    return out.getvalue()


def refusal(url: str, **options: Any) -> str:
    """What the command ends with, all of it on one line."""
    with pytest.raises(CommandError) as caught:
        upload(url, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def self_signed(folder: Path) -> tuple[str, str]:
    """Files of a certificate for this machine, and of its key."""
    names = str(folder / "certificate.pem"), str(folder / "key.pem")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-out", names[0], "-keyout", names[1]],
        check=True,
        capture_output=True,
    )
    return names


def pattern(server: DashboardsServer) -> dict[str, Any]:
    """The attributes of the index pattern that arrived."""
    return server.objects[0]["attributes"]


def test_all_objects_are_uploaded_and_named(server: DashboardsServer) -> None:
    said = upload(server.url + "/")
    assert [(one["type"], one["id"]) for one in server.objects] == IDS
    assert 'uploaded the dashboard "Audit: sign-ins"' in said
    assert f"The dashboards are at {server.url}" in said


def test_the_index_pattern_is_on_the_prefix_of_the_settings_with_its_promoted_fields(
    server: DashboardsServer, settings: Any
) -> None:
    promoted = {"amount": ["_snapshot__amount", "double"]}
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"INDEX_PREFIX": "shop-audit", "PROMOTED": promoted}
    upload(server.url)
    fields = {field["name"]: field for field in json.loads(pattern(server)["fields"])}
    assert pattern(server)["title"] == "shop-audit"
    assert fields["promoted.amount"]["type"] == "number"
    assert fields["changed_field"]["scripted"]


def test_changed_fields_are_counted_by_their_column_where_they_have_one(
    server: DashboardsServer, settings: Any
) -> None:
    upload(server.url)
    assert "changed_field" in json.dumps(server.objects[1:])
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"PROMOTED": {"what": ["_changed", "keyword"]}}
    upload(server.url)
    assert "changed_field" not in json.dumps(server.objects[1:])
    assert "promoted.what" in json.dumps(server.objects[1:])


def test_ids_lead_to_the_search_page_where_it_is_named(server: DashboardsServer) -> None:
    upload(server.url, site="https://shop.example/audit/")
    formats = json.loads(pattern(server)["fieldFormatMap"])
    assert formats["request_token"]["params"]["urlTemplate"] == "https://shop.example/audit/request/{{value}}/"
    upload(server.url)
    assert "request_token" not in json.loads(pattern(server)["fieldFormatMap"])


def test_a_dry_run_asks_nobody(server: DashboardsServer) -> None:
    assert 'would upload the search "Audit: failed sign-ins"' in upload(server.url, dry_run=True, user="anna")
    assert server.paths == []


def test_the_credentials_are_those_of_the_settings_unless_somebody_is_named(
    server: DashboardsServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDITSEARCH_DASHBOARDS_PASSWORD", "ключ")
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"CLIENT": {"http_auth": ["site", "key"]}}
    for options, login in (({}, "site:key"), ({"user": "anna"}, "anna:ключ")):
        upload(server.url, **options)
        assert base64.b64decode(server.headers["Authorization"].removeprefix("Basic ")).decode() == login


def test_a_tenant_is_named_in_a_header(server: DashboardsServer) -> None:
    upload(server.url, tenant="global")
    assert server.headers["securitytenant"] == "global"


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (302, "without a login page before it"),
        (400, "Request must contain a osd-xsrf header"),
        (401, "CLIENT['http_auth'] of the settings, or --user"),
        (403, "may not write saved objects"),
        (404, "with its base path"),
        (413, "raise its limit"),
        (422, "older than 2.0"),
        (503, "its log says more"),
    ],
)
def test_a_refusal_is_told_with_its_remedy(server: DashboardsServer, status: int, remedy: str) -> None:
    server.reply = status, {"statusCode": status, "message": "Request must contain a osd-xsrf header."}
    assert remedy in refusal(server.url)
    assert len(server.paths) == 1


@pytest.mark.parametrize("reply", [(200, "<html>Sign in</html>"), (200, []), (200, {"ok": True})])
def test_an_answer_of_somebody_else_is_no_success(server: DashboardsServer, reply: Any) -> None:
    server.reply = reply
    assert "must be that of Dashboards itself" in refusal(server.url)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NEEDS, "it needs index-pattern auditsearch"),
        ({"type": "unsupported_type"}, "its kind is unknown there"),
        ({"type": "conflict"}, "another one has its id"),
        ({"type": "unknown", "message": "mapping set to strict", "statusCode": 400}, "mapping set to strict"),
    ],
)
def test_an_object_that_is_refused_is_named_with_the_reason(server: DashboardsServer, error: Any, told: str) -> None:
    server.reply = 200, {"success": False, "successCount": 25, "errors": [HOURS | {"error": error}]}
    assert f'the visualization "Audit: hours of the day": {told}' in refusal(server.url)


@pytest.mark.parametrize("found", [{"success": True, "successCount": 1}, {"success": False, "successCount": 26}])
def test_success_is_only_what_is_said_of_each_object(server: DashboardsServer, found: dict[str, Any]) -> None:
    server.reply = 200, found
    assert "of 26 objects" in refusal(server.url)


@pytest.mark.parametrize("url", ["dashboards.example", "ftp://dashboards.example", "http://", "http://a:b@x.example"])
def test_an_address_that_can_not_be_right_is_refused(server: DashboardsServer, url: str) -> None:
    assert "must be an address" in refusal(url)


def test_a_password_does_not_travel_in_the_clear(server: DashboardsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDITSEARCH_DASHBOARDS_PASSWORD", "key")
    assert "use https" in refusal("http://dashboards.example", user="anna")


def test_silence_ends_in_time_and_says_so(server: DashboardsServer, settings: Any) -> None:
    server.reply = 200, None
    assert "does not answer" in refusal(server.url)
    assert "does not answer" in refusal("http://127.0.0.1:9")


def test_a_server_without_tls_is_told_as_such(server: DashboardsServer) -> None:
    assert "is it http?" in refusal(server.url.replace("http:", "https:"))


def test_a_certificate_is_checked_against_the_authority_of_the_settings(
    server: DashboardsServer, settings: Any, tmp_path: Path
) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    address = server.url.replace("http:", "https:")
    assert "is not trusted" in refusal(address)
    settings.AUDITSEARCH = settings.AUDITSEARCH | {"CLIENT": {"ca_certs": certificate}}
    assert "The dashboards are at" in upload(address)


def test_options_of_an_upload_need_one(server: DashboardsServer) -> None:
    with pytest.raises(CommandError, match="add --dashboards"):
        call_command("auditsearch_setup", tenant="global")


def test_a_site_whose_events_lie_in_a_file_has_no_dashboards(settings: Any) -> None:
    settings.AUDITSEARCH = {"BACKEND": "memory"}
    assert "set HOSTS" in refusal("http://127.0.0.1:9")
