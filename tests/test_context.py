"""Who acts, in which request and from where."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from django.utils.functional import SimpleLazyObject

from auditsearch import context
from tests.capture.conftest import audit  # noqa: F401 - a fixture


def request(**meta: Any) -> Any:
    """A request as the server hands it in."""
    return RequestFactory().get("/", **meta)


def test_outside_of_a_request_nothing_is_known() -> None:
    assert (context.get_request(), context.get_request_token(), context.get_user_ip()) == (None, None, None)
    assert context.origin() == context.Origin()


def test_inside_all_is_known_and_afterwards_forgotten() -> None:
    given = request(REMOTE_ADDR="10.0.0.9")
    with context.request_scope(given), context.token_scope("t"):
        assert (context.get_request(), context.get_request_token(), context.get_user_ip()) == (given, "t", "10.0.0.9")
    assert context.get_request() is None


def test_the_actor_is_whoever_is_the_user_when_something_happens() -> None:
    given = request()
    with context.request_scope(given):
        assert context.origin().suid is None
        given.user = AnonymousUser()
        assert context.origin().suid is None
        given.user = SimpleLazyObject(lambda: User(pk=5, username="anna"))
        assert context.origin()[2:4] == ("5", "anna")


def test_finding_the_user_may_itself_be_an_event() -> None:
    given = request()

    def find() -> User:
        assert context.origin().suid is None
        return User(pk=5, username="anna")

    given.user = SimpleLazyObject(find)
    with context.request_scope(given):
        assert context.origin().suid == "5"


def test_a_user_that_cannot_be_read_is_nobody_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    given = request()
    given.user = SimpleLazyObject(lambda: 1 / 0)
    with context.request_scope(given):
        assert context.origin().suid is None
    assert [record.action for record in caplog.records] == ["actor"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("remote", "forwarded", "ip"),
    [
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
        ("10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "unknown", None),
        ("10.0.0.1", None, "10.0.0.1"),
        ("9.9.9.9", "1.2.3.4", "9.9.9.9"),
        ("", "1.2.3.4", "1.2.3.4"),
    ],
)
def test_the_address_is_the_last_hop_that_no_trusted_proxy_made(
    audit: Any,  # noqa: F811
    remote: str,
    forwarded: str | None,
    ip: str | None,
) -> None:
    audit(TRUSTED_PROXIES=["10.0.0.0/99", "10.0.0.0/8", "unix"])
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert context.ip_of(request(REMOTE_ADDR=remote, **more)) == ip


def test_nobody_is_trusted_unasked() -> None:
    assert context.ip_of(request(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4")) == "10.0.0.1"
    assert context.ip_of(request(REMOTE_ADDR="", HTTP_X_FORWARDED_FOR="1.2.3.4")) is None
