"""The index templates on a real server: what they make, who may win over them, and what setup says."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from auditsearch.backends import get_backend
from auditsearch.backends.base import Settled
from auditsearch.backends.templates import COMPONENT_FILE, TEMPLATE_FILE
from auditsearch.event import ENVELOPE_STRINGS
from auditsearch.exceptions import ConfigurationError
from auditsearch.resources import read_json
from tests.factories import event
from tests.servers.fixtures import remove

ALIASES = {
    "event.action": "update",
    "event.dataset": "main",
    "log.name": "main",
    "log.level": "INFO",
    "log.logger": "shop",
    "user.id": "12",
    "user.name": "Anna",
    "source.ip": "192.0.2.7",
    "trace.id": "t-1",
}
MAPPINGS = read_json(COMPONENT_FILE)["template"]["mappings"]
VERSION = MAPPINGS["_meta"]["auditsearch"]


@pytest.fixture
def stored(engine_backend):
    """A backend that holds one event."""
    one = event(partition=f"{engine_backend.prefix}-2026.11", ip="192.0.2.7", logger="shop", request_token="t-1")
    assert engine_backend.index([one])[0].settled is Settled.SHIPPED
    engine_backend.refresh()
    return engine_backend


def install_rival(backend, **template):
    body = {"index_patterns": [f"{backend.prefix}*"], "priority": 900, "template": {}} | template
    backend.client.ask("PUT", f"/_index_template/{backend.prefix}-rival", body)


def count(backend, query):
    return backend.client.ask("POST", f"/{backend.prefix}/_count", {"query": query})["count"]


def test_all_versions_are_one():
    versions = {read_json(name)["version"] for name in (COMPONENT_FILE, TEMPLATE_FILE)}
    assert versions == {VERSION}


def test_each_envelope_name_is_mapped_and_nothing_else_is_dynamic():
    assert set(ENVELOPE_STRINGS) < MAPPINGS["properties"].keys()
    assert MAPPINGS["dynamic"] == "false"


def test_no_stored_field_is_the_parent_of_an_alias():
    parents = {name for name, field in MAPPINGS["properties"].items() if field.keys() == {"properties"}}
    assert parents == {"event", "log", "user", "source", "trace"}


@pytest.mark.server
def test_each_ecs_name_finds_the_event(stored):
    assert [name for name, value in ALIASES.items() if count(stored, {"term": {name: value}}) != 1] == []


@pytest.mark.server
def test_both_times_find_the_event(stored):
    noon = {"ts": 1_795_348_800_000_000, "@timestamp": "2026-11-22T12:00:00.000Z"}
    assert all(count(stored, {"range": {name: {"gte": time, "lte": time}}}) == 1 for name, time in noon.items())


@pytest.mark.server
def test_no_key_of_an_event_changes_the_mapping(stored):
    before = stored.client.ask("GET", f"/{stored.prefix}/_mapping")
    keys = {
        "": 1,
        ".": 2,
        "a..b": 3,
        "_id": 4,
        "ts": "x",
        "event": {"action": 5},
        "k" * 300: 6,
        "a": 1,
        "a.b": {"c": 1},
    }
    changed = event(partition=f"{stored.prefix}-2026.11", context_data=keys, object_snapshot=keys)
    assert stored.index([changed])[0].settled is Settled.SHIPPED
    assert stored.client.ask("GET", f"/{stored.prefix}/_mapping") == before


@pytest.mark.server
def test_an_index_has_the_settings_of_the_template(stored):
    index = f"{stored.prefix}-2026.11-v1"
    found = stored.client.ask("GET", f"/{index}/_settings")[index]["settings"]["index"]
    assert (found["number_of_shards"], found["auto_expand_replicas"], found["codec"]) == (
        "1",
        "0-1",
        "best_compression",
    )


@pytest.mark.server
def test_a_partition_is_an_alias_for_exactly_one_index(stored):
    found = stored.client.ask("GET", f"/_alias/{stored.prefix}-2026.11")
    assert found == {f"{stored.prefix}-2026.11-v1": {"aliases": {f"{stored.prefix}-2026.11": {}}}}


@pytest.mark.server
def test_setup_is_repeatable(engine_backend):
    assert all(line.endswith("(again)") for line in engine_backend.setup())


@pytest.mark.server
def test_a_template_of_higher_priority_is_refused_by_setup_shipping_and_status(engine_backend):
    install_rival(engine_backend)
    with pytest.raises(ConfigurationError, match=f"{engine_backend.prefix}-rival has a higher priority"):
        engine_backend.setup()
    with pytest.raises(ConfigurationError, match="higher priority"):
        engine_backend.index([event(partition=f"{engine_backend.prefix}-2026.11")])
    assert "higher priority" in str([f for f in engine_backend.status().findings if f.level == "error"])


@pytest.mark.server
@pytest.mark.parametrize("name", ["default_pipeline", "final_pipeline"])
def test_a_template_that_attaches_a_pipeline_is_refused(engine_backend, name):
    ours = [f"{engine_backend.prefix}-mappings"]
    install_rival(engine_backend, composed_of=ours, template={"settings": {"index": {name: "enrich"}}})
    with pytest.raises(ConfigurationError, match="pipeline enrich"):
        engine_backend.index([event(partition=f"{engine_backend.prefix}-2026.11")])


@pytest.mark.server
def test_a_template_of_another_release_is_refused(engine_backend):
    path, body = next(iter(engine_backend.templates.bodies().items()))
    body["version"] = body["template"]["mappings"]["_meta"]["auditsearch"] = 99
    engine_backend.client.ask("PUT", path, body)
    with pytest.raises(ConfigurationError, match="upgrade auditsearch"):
        engine_backend.setup()
    with pytest.raises(ConfigurationError, match="version 99"):
        engine_backend.index([event(partition=f"{engine_backend.prefix}-2026.11")])


@pytest.mark.server
def test_a_changed_mapping_is_refused(engine_backend):
    path, body = next(iter(engine_backend.templates.bodies().items()))
    body["template"]["mappings"]["properties"]["facts"] = {"type": "text"}
    engine_backend.client.ask("PUT", path, body)
    with pytest.raises(ConfigurationError, match="auditsearch_setup"):
        engine_backend.index([event(partition=f"{engine_backend.prefix}-2026.11")])


@pytest.mark.server
def test_the_files_work_with_curl_as_they_are(engine_backend):
    ask = engine_backend.client.ask
    settings = ask("PUT", f"/_component_template/{engine_backend.prefix}-file", read_json(COMPONENT_FILE))
    assert settings["acknowledged"]
    body = read_json(TEMPLATE_FILE) | {"composed_of": [f"{engine_backend.prefix}-file"]}
    body["index_patterns"] = [f"{engine_backend.prefix}file-*"]
    assert ask("PUT", f"/_index_template/{engine_backend.prefix}-file", body)["acknowledged"]


@pytest.mark.server
def test_the_command_says_what_it_would_do_and_does_it(engine_url, settings):
    name = f"test-command{uuid4().hex[:8]}"
    settings.AUDITSEARCH = {"HOSTS": [engine_url], "INDEX_PREFIX": name}
    out = StringIO()
    call_command("auditsearch_setup", dry_run=True, stdout=out)
    assert get_backend().status().findings[1].level == "error"
    call_command("auditsearch_setup", stdout=out)
    assert get_backend().status().findings[1].level == "ok"
    assert f"would install the index template {name}, version {VERSION}" in out.getvalue()
    remove(get_backend())


def test_the_command_says_that_the_embedded_store_needs_nothing(settings):
    settings.AUDITSEARCH = {"BACKEND": "memory"}
    out = StringIO()
    call_command("auditsearch_setup", stdout=out)
    assert "nothing is needed" in out.getvalue()


def test_the_command_ends_with_a_sentence_where_no_server_answers(settings):
    settings.AUDITSEARCH = {"HOSTS": ["http://127.0.0.1:9"]}
    with pytest.raises(CommandError, match=r"127\.0\.0\.1:9 .*HOSTS"):
        call_command("auditsearch_setup")
