"""Who comes in, what goes wrong inside, and what each answer carries."""

from unittest.mock import patch

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client, override_settings
from django.urls import reverse

from auditsearch.exceptions import BackendUnavailable, ConfigurationError, PartialAnswer
from auditsearch.search import Events
from auditsearch.urls import urlpatterns
from auditsearch.web.checks import check_visible
from auditsearch.web.door import HEADERS
from tests.settings import AUDITSEARCH
from tests.web.conftest import Person, Put

PAGE = "/audit/"


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    answer = client.get(PAGE, {"q": "word"})
    assert answer.status_code == 302
    assert "next=/audit/%3Fq%3Dword" in answer["Location"]


def test_a_part_of_a_page_asks_to_sign_in_by_401(client: Client) -> None:
    assert client.get(PAGE, headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize("permissions", [(), ("export", "unmask", "verify", "share")])
def test_who_may_not_view_gets_403_and_no_event(
    client: Client, person: Person, put: Put, permissions: tuple[str, ...]
) -> None:
    put(verbose="secret sentence")
    client.force_login(person("nobody", *permissions))
    answer = client.get(PAGE)
    assert answer.status_code == 403
    assert "secret sentence" not in answer.content.decode()


ARGUMENTS = {"pk": 1, "key": "7", "model": "shop.Order", "token": "t", "suid": "12", "form_name": "csv", "log": "main"}
ADDRESSES = [
    reverse(f"auditsearch:{each.name}", kwargs={name: ARGUMENTS[name] for name in each.pattern.converters})
    for each in urlpatterns
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_address_asks_for_a_sign_in_and_for_the_permission(client: Client, person: Person, address: str) -> None:
    def statuses() -> set[int]:
        return {client.get(address).status_code, client.post(address).status_code} - {405}

    assert statuses() <= {302, 401}
    client.force_login(person("nobody", "export", "unmask", "verify", "share"))
    assert statuses() == {403}


@pytest.mark.parametrize(
    ("address", "method"),
    [("/audit/export/", "get"), ("/audit/export/csv/", "get"), ("/audit/saved/1/share/", "post")],
)
def test_what_takes_a_permission_of_its_own_is_closed_to_who_may_only_view(
    web: Client, address: str, method: str
) -> None:
    assert getattr(web, method)(address).status_code == 403


def test_a_user_who_was_disabled_sees_nothing(web: Client, officer: User) -> None:
    User.objects.filter(pk=officer.pk).update(is_active=False)
    assert web.get(PAGE).status_code == 302


def test_without_the_users_of_django_the_remedy_is_told(client: Client) -> None:
    kept = [path for path in django_settings.MIDDLEWARE if "Authentication" not in path and "Message" not in path]
    with override_settings(MIDDLEWARE=kept), pytest.raises(ConfigurationError, match="AuthenticationMiddleware"):
        client.get(PAGE)


def test_a_page_is_asked_for_without_its_body_too(web: Client) -> None:
    answer = web.head(PAGE)
    assert (answer.status_code, answer.content) == (200, b"")


def test_no_page_takes_another_method(web: Client) -> None:
    assert web.post(PAGE).status_code == 405


def test_each_answer_carries_the_headers_of_laws(web: Client, client: Client) -> None:
    for answer in (web.get(PAGE), web.get(PAGE, {"sort": "nonsense"}), Client().get(PAGE)):
        assert {name: answer[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_answer_is_framed_kept_or_run_as_a_script(web: Client, address: str) -> None:
    answer = web.get(address)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.get("Content-Security-Policy", "").split(";"))
    assert answer.status_code == 405 or (policy["frame-ancestors"], policy["default-src"]) == ("'none'", "'none'")
    assert answer.status_code == 405 or (answer["X-Content-Type-Options"], answer["Cache-Control"]) == (
        "nosniff",
        "no-store",
    )
    assert not [source for source in policy.values() if "unsafe" in source or "*" in source]


@pytest.mark.parametrize("error", [BackendUnavailable("away"), PartialAnswer("a shard"), ConfigurationError("wrong")])
def test_a_store_that_can_not_answer_is_told_so(web: Client, error: Exception) -> None:
    with patch.object(Events, "page", side_effect=error):
        answer = web.get(PAGE)
    assert answer.status_code == 503
    assert str(error) in answer.content.decode()


def test_a_log_that_is_closed_to_the_web_is_not_there(web: Client, put: Put) -> None:
    given = AUDITSEARCH | {"LOGS": {"payments": {"hidden": True}, "exams": {"permission": "auth.add_user"}}}
    with override_settings(AUDITSEARCH=given):
        for log in ("payments", "exams", "main"):
            put(log=log, verbose=f"of {log}")
        text = web.get(PAGE).content.decode()
    assert [log for log in ("payments", "exams", "main") if f"of {log}" in text] == ["main"]


def test_tenants_see_their_own_events_alone(tenants: tuple[Client, Client]) -> None:
    for client, own, other in zip(tenants, ("north", "south"), ("south", "north"), strict=True):
        text = client.get(PAGE).content.decode()
        assert f"only of {own}" in text
        assert f"only of {other}" not in text


@override_settings(AUDITSEARCH=AUDITSEARCH | {"VISIBLE_EVENTS": "tests.web.test_door.no_question"})
def test_a_rule_that_answers_with_no_question_opens_nothing(web: Client, put: Put) -> None:
    put(verbose="secret sentence")
    answer = web.get(PAGE)
    assert answer.status_code == 503
    assert "secret sentence" not in answer.content.decode()


def no_question(request: object) -> None:
    """A rule that forgot to return."""


@pytest.mark.parametrize(("path", "wrong"), [(None, 0), ("django.db.models.Q", 0), ("no.such", 1), ("os.sep", 1)])
def test_a_rule_that_does_not_exist_is_found_before_the_site_starts(path: str | None, wrong: int) -> None:
    with override_settings(AUDITSEARCH=AUDITSEARCH | {"VISIBLE_EVENTS": path}):
        assert [problem.id for problem in check_visible()] == ["auditsearch.E020"] * wrong
