"""System checks: each mistake in the settings is told with the remedy."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import connection, connections

from auditsearch import checks, delivery, stems

SERVER = {"HOSTS": ["https://search:9200"]}


@pytest.fixture
def found(settings):
    """Ids and texts of what the checks say about these settings."""

    def check(databases: list[str] | None = None, **given: Any) -> dict[str, str]:
        settings.AUDITSEARCH = given
        messages = [each for each in run_checks(databases=databases) if (each.id or "").startswith("auditsearch")]
        return {str(each.id).rpartition(".")[2]: f"{each.msg} {each.hint}" for each in messages}

    return check


@pytest.fixture
def refused(settings):
    """What is said of settings that hold a wrong name."""

    def check(given: Any) -> list[CheckMessage]:
        settings.AUDITSEARCH = given
        assert checks.check_models() == []
        return checks.check_settings()

    return check


def test_the_tests_own_settings_are_right(found) -> None:
    assert found(MODELS=["shop.*"]) == {}


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"MODEL": ["shop.Order"]}, "Did you mean 'MODELS'?"),
        ({"xyz": 1}, "Known are: "),
    ],
)
def test_an_unknown_setting_names_the_nearest(refused, given, remedy) -> None:
    (message,) = refused(given)
    assert (message.id, remedy in message.msg) == ("auditsearch.E001", True)


def test_settings_that_are_no_dictionary_are_told(refused) -> None:
    assert [each.id for each in refused(["MODELS"])] == ["auditsearch.E001"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ENABLED", "yes", "True or False"),
        ("MODELS", "shop.Order", "a list of strings"),
        ("MODELS", [1], "a list of strings"),
        ("RETENTION", {}, "it must be a list of dictionaries."),
        ("INDEX_PREFIX", 7, "it must be a string."),
        ("REPLICAS", "all", "a range such as '0-1'"),
        ("OLD_STATE", [], "a dictionary"),
        ("BACKEND", "solr", "one of 'auto', 'sqlite'"),
        ("BATCH_SIZE", True, "a whole number"),
        ("BATCH_SIZE", 0, "above zero"),
        ("LEASE_SECONDS", -1, "above zero"),
        ("KEEP_SHIPPED", "24", "a number or None"),
        ("KEEP_SHIPPED", -1, "zero or above"),
        ("PATH", 7, "string or a Path or None"),
        ("DATABASE", "audit", "one of the databases default, other"),
        ("INDEX_PREFIX", "Audit", "the first a letter or digit"),
        ("DELIVERY", "dramatiqq", "one of 'auto', 'inline'"),
    ],
)
def test_a_value_of_the_wrong_kind_names_the_right_ones(refused, name, value, expected) -> None:
    (message,) = refused({name: value})
    assert message.id == "auditsearch.E002"
    assert f"AUDITSEARCH['{name}'] is {value!r}" in message.msg
    assert expected in message.msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLIENT", ["secret"]),
        ("HOSTS", "http://anna:secret@search"),
        ("MONITOR_TOKEN", b"secret"),
        ("ALERTS", ["https://hooks/secret"]),
    ],
)
def test_a_wrong_value_that_may_hold_a_secret_is_not_printed(refused, name, value) -> None:
    (message,) = refused({name: value})
    assert f"AUDITSEARCH['{name}'] is {type(value).__name__}; it must be" in message.msg
    assert "secret" not in message.msg


def test_a_model_that_does_not_exist_names_the_nearest(found) -> None:
    assert "shop.Order" in found(MODELS=["shop.Ordr"])["E003"]


def test_each_missing_middleware_is_named_with_the_line(found, settings) -> None:
    settings.MIDDLEWARE = ["auditsearch.middleware.RequestTokenMiddleware"]
    assert 'MIDDLEWARE += ["auditsearch.middleware.CaptureRequestMiddleware"]' in found()["W004"]


@pytest.mark.django_db
def test_a_database_without_the_outbox_names_the_command(found) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auditsearch_outbox RENAME TO gone")
    assert "manage.py migrate --database=default" in found(["default"])["W005"]


def test_the_missing_client_names_the_pip_line(found, monkeypatch) -> None:
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    assert 'pip install "auditsearch[opensearch]"' in found(**SERVER)["E006"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"HOSTS": ["http://anna:secret@search:9200"]}, "unencrypted"),
        ({"HOSTS": ["http://search:9200"], "CLIENT": {"http_auth": ["anna", "secret"]}}, "https://search:9200"),
        ({**SERVER, "CLIENT": {"verify_certs": False}}, "ca_certs"),
    ],
)
def test_what_others_can_read_is_an_error_outside_debug(found, settings, given, said) -> None:
    text = found(**given)["E007"]
    assert said in text
    assert "secret" not in text
    settings.DEBUG = True
    assert "E007" not in found(**given)


def test_sqlite_with_a_server_names_the_line(found, monkeypatch) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", "site.sqlite3")
    assert 'DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}' in found(**SERVER)["W008"]
    monkeypatch.setitem(connections["default"].settings_dict, "OPTIONS", {"transaction_mode": "IMMEDIATE"})
    assert not delivery.fragile("default")
    assert "W008" not in found(**SERVER)


def test_hosts_that_are_no_urls_are_told(found) -> None:
    assert "https://search" in found(HOSTS=["search"])["E009"]
    assert "'https://search'" in (said := found(HOSTS=["anna:secret@search"])["E009"])
    assert "secret" not in said


@pytest.mark.parametrize("setting", ["MASK", "PERSONAL"])
@pytest.mark.parametrize("entry", ["Customer.name", "shop.Customer.nam"])
def test_an_entry_that_would_hide_nothing_names_the_nearest(found, setting, entry) -> None:
    assert "Did you mean 'shop.Customer.name'?" in found(**{setting: [entry]})["E013"]


@pytest.mark.parametrize("path", ["context.answer", "snapshot.iban", "re:a.b", "pin"])
def test_entries_without_a_model_are_right(found, path) -> None:
    assert found(MASK=[path], PERSONAL=[path]) == {}


@pytest.mark.parametrize("code", ["ru", "en"])
def test_missing_stemmers_name_the_pip_line_whatever_the_alphabet(found, monkeypatch, code) -> None:
    monkeypatch.setitem(sys.modules, "snowballstemmer", None)
    stems._stemmer.cache_clear()
    stems._stems.cache_clear()
    assert "auditsearch[languages]" in found(SEARCH_LANGUAGES=[code])["E017"]


def test_an_app_alone_is_told_how_it_is_named_whole(found) -> None:
    assert "Did you mean 'shop.*'?" in found(MODELS=["shop"])["E003"]


def test_a_wrong_timeout_of_the_client_is_told(found) -> None:
    assert "number of seconds" in found(**SERVER, CLIENT={"timeout": "5"})["E009"]
