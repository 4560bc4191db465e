"""No personal value stands in anything that may be read without the permission: texts, indices, logs, tracebacks."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from auditsearch import outbox, ship
from auditsearch.api import Completions, filter_events, record, search_events
from auditsearch.backends.memory import MemoryBackend
from auditsearch.backends.opensearch import OpenSearchBackend
from auditsearch.backends.sqlite import SQLiteBackend
from auditsearch.canonical import dumps, normalise
from auditsearch.capture.personal import committed
from auditsearch.document import Document, document
from auditsearch.event import Event
from auditsearch.exceptions import ConfigurationError, Hidden
from auditsearch.logs.formatter import AuditFormatter
from auditsearch.models import OutboxRow
from auditsearch.personal import faults, read
from auditsearch.search import Events
from auditsearch.testing import captured_events
from auditsearch.web.forms import FORMS, form
from tests.factories import NOON, PARTITION, USUAL
from tests.servers.fake import fake_server
from tests.shop.models import Customer, Order

NAMED = ["shop.Customer.name", "context.answer.ssn", "iban", r"re:[a-z]+@[a-z]+\.org", "snapshot.data.*.pin"]

secrets = st.text("бгджзйцщqxz", min_size=5, max_size=12).map(lambda text: f"Фы{text}")
words = st.sampled_from(["", "a letter of ", "=", "\n", "«", "https://host/?p="])


@pytest.fixture(autouse=True)
def named(settings: Any) -> None:
    """A site with personal values of each kind."""
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": NAMED}


@st.composite
def members(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """An event about a customer that has its name in every place that there is, and the name."""
    secret, other = draw(secrets), draw(words)
    said = draw(st.sampled_from([secret, secret.upper(), secret.lower(), f"{other}{secret}", f"{secret}{other}"]))
    context: dict[str, Any] = {
        "diff": draw(st.sampled_from([{"name": [secret, None]}, {"name": ["x", secret]}, {"n": [1, 2]}])),
        "labels": {"friend_id": said, "tags": [said, "x"]},
        "answer": {"ssn": draw(st.sampled_from([secret, [secret], {"a": {"b": secret}}]))},
        "Your IBAN": secret,
        "url": f"https://host/?iban={secret}&p=2",
        "body": json.dumps({"iban": [secret], "n": 1}, ensure_ascii=False),
        "deep": [{"said": said}],
        "exception": {"message": said, "traceback": f"ValueError: {said}\n"},
    }
    chosen = draw(st.sets(st.sampled_from(sorted(context)), min_size=1))
    snapshot = {"name": secret, "data": [{"x": {"pin": secret}}], "n": 5}
    tree = USUAL | {"id": "0", "object_type": "shop.Customer", "object_label": said, "verbose": f"{other}{said}"}
    return tree | {"snapshot": snapshot, "context": {key: context[key] for key in chosen}}, secret


def open_parts(made: Document) -> str:
    """All of a document that anybody may read or ask for."""
    facts = [fact for fact in (*made.facts, *made.folded) if not fact.startswith("personal.")]
    return repr((made.canonical, facts, made.text, made.envelope, made.payload, made.promoted, made)).lower()


@given(members())
@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_wherever_it_stood_it_is_gone_and_can_be_put_back(case: tuple[dict[str, Any], str]) -> None:
    tree, secret = case
    made, personal = committed({name: normalise(value) for name, value in tree.items()})
    text = dumps(made)
    assert secret.lower() not in text.lower()
    assert secret.lower() not in open_parts(document(text, PARTITION, personal))
    assert list(faults(text, read(personal))) == []
    whole = Event.from_canonical(text, personal=personal)
    assert (whole.object_snapshot, whole.object_label) == (tree["snapshot"], tree["object_label"])
    assert whole.verbose == tree["verbose"]


@pytest.mark.django_db
@given(secrets)
@hypothesis_settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_way_of_capture_leaves_it_in_the_text(secret: str) -> None:
    with captured_events() as events:
        made = Customer.objects.create(name=secret)
        Order.objects.create(customer=made, number="A-1")
        Customer.objects.filter(name=secret).update(name=f"{secret}!")
        record("mailed", object=made, verbose=f"to {secret}", whom=[secret.upper()])
        logging.getLogger("x").info("%s", secret)
        made.delete()
        texts = "".join(event.canonical for event in events).lower()
        assert (secret.lower() in texts, secret in repr(list(events))) == (False, False)
        assert secret in repr([event.object_snapshot for event in events.unmasked()])


def test_a_line_of_a_log_has_none() -> None:
    entry = logging.makeLogRecord({"msg": "iban: Фыбгджз, of x@y.org", "iban": "Фыбгджз", "name": "x"})
    line = AuditFormatter().format(entry)
    assert ("Фыбгджз" in line, "x@y.org" in line) == (False, False)


@pytest.mark.django_db
def test_a_traceback_with_all_local_values_has_none() -> None:
    class Failing(MemoryBackend):
        def index(self, documents: Any, **options: Any) -> Any:
            raise RuntimeError("no")

    Customer.objects.create(name="Фыбгджз")
    try:
        ship.drain("default", Failing())
    except RuntimeError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "documents = [<Document" in told
    assert "Фыбгджз" not in told
    (row,) = outbox.read("default", [OutboxRow.objects.get().pk])
    assert "Фыбгджз" not in repr(row)


@pytest.fixture
def secretive() -> Document:
    """A document with a personal value."""
    made, personal = committed(USUAL | {"id": "1", "ts": NOON, "snapshot": {"iban": "DE12"}})
    return document(dumps(made), PARTITION, personal)


def locals_of(backend: Any, given: Document) -> str:
    """What a report of errors shows where the backend refuses to store a document."""
    with pytest.raises(ConfigurationError) as error:
        backend.index([given])
    return "".join(traceback.TracebackException.from_exception(error.value, capture_locals=True).format())


@pytest.mark.parametrize("status", [401, 403, 302, 404, 400])
def test_no_local_value_of_a_request_that_a_server_refused_has_one(secretive: Document, status: int) -> None:
    with fake_server() as server:
        error = {"type": "illegal_argument_exception", "reason": "contains unrecognized parameter: DE12"}
        server.replies["/_bulk"] = status, {"error": error}
        told = locals_of(OpenSearchBackend([server.url], client={}), secretive)
    assert "batch = [Parcel(" in told
    assert "DE12" not in told


@pytest.mark.sqlite
def test_no_local_value_of_a_file_that_fails_has_one(secretive: Document, tmp_path: Path) -> None:
    backend = SQLiteBackend(tmp_path / "store")
    backend.setup()
    with backend._connection() as connection:
        connection.execute("DROP TABLE page")
    told = locals_of(backend, secretive)
    assert "no such table: page" in told
    assert "DE12" not in told


@pytest.fixture
def store() -> MemoryBackend:
    """One event with personal values."""
    backend = MemoryBackend()
    payload = {"context": {"answer": {"ssn": "Фыбгджз"}}, "snapshot": {"iban": "DE12", "n": 1}}
    made, personal = committed(USUAL | {"id": "1", "ts": NOON, "verbose": "of Фыбгджз"} | payload)
    backend.index([document(dumps(made), PARTITION, personal)])
    return backend


def test_no_value_order_or_facet_of_it_is_given(store: MemoryBackend, settings: Any) -> None:
    promoted = {"ssn": ["_context__answer__ssn", "keyword"], "iban": ["_snapshot__iban", "keyword"]}
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PROMOTED": promoted}
    events = Events(backend=store)
    for refused in (
        lambda: events.values("_context__answer__ssn"),
        lambda: events.values_list("_snapshot__iban", flat=True),
        lambda: events.order_by("ssn"),
        lambda: events.facets("iban"),
        lambda: events.facets("_snapshot__iban"),
        lambda: events.latest("ssn"),
        lambda: events.filter(_snapshot__iban__regex="^D").histogram(),
        lambda: events.exclude(_context__answer__ssn__startswith="Фы").exists(),
        lambda: events.filter(_snapshot__iban__lt="E").page(),
    ):
        with pytest.raises(Hidden):
            refused()
    assert list(events.unmasked().values_list("_snapshot__iban", flat=True)) == ["DE12"]
    assert [row["object_snapshot"] for row in events.values()] == [{"iban": "•••", "n": 1}]


def test_completion_offers_it_unmasked_alone(store: MemoryBackend) -> None:
    events = Events(backend=store)
    assert list(Completions(events).values("snapshot.iban", "")) == []
    assert list(Completions(events.unmasked()).values("snapshot.iban", "")) == ["DE12"]
    assert "snapshot.iban" in Completions(events).keys


@pytest.mark.parametrize(
    "typed", ["snapshot.iban:DE12", "snapshot.iban:DE*", "-context.answer.ssn:x", "snapshot.iban>A"]
)
def test_the_search_box_asks_for_it_unmasked_alone(typed: str) -> None:
    with pytest.raises(Hidden, match=r"auditsearch\.unmask"):
        search_events(typed).count()
    assert search_events(typed).unmasked().count() == 0


def test_a_question_that_was_put_before_may_be_unmasked() -> None:
    assert filter_events(_snapshot__iban="x").unmasked().count() == 0


@pytest.mark.django_db
def test_a_users_name_and_address_are_hidden_as_those_of_any_object(settings: Any) -> None:
    settings.AUDITSEARCH = {**settings.AUDITSEARCH, "PERSONAL": ["auth.User.username", "auth.User.email"]}
    with captured_events() as events:
        User.objects.create_user("Фыбгджз", email="fy@example.com")
    assert ("Фыбгджз" in events[0].canonical, "fy@" in events[0].canonical) == (False, False)


@pytest.mark.parametrize("name", FORMS)
def test_a_file_has_it_unmasked_alone(store: MemoryBackend, name: str) -> None:
    columns = ["verbose", "context_data"] if name == "csv" else []
    masked, whole = (
        form(name, columns).rows(list(events.filter(id="1").hits())).decode()
        for events in (Events(backend=store), Events(backend=store).unmasked())
    )
    assert ("Фыбгджз" in masked, "•••" in masked, "$personal" in masked + whole) == (False, True, False)
    assert "Фыбгджз" in whole
