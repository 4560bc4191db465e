"""PERSONAL: what it names leaves the event's text, stands in the side object, and nothing else does."""

import logging
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from auditsearch.api import record
from auditsearch.canonical import loads
from auditsearch.capture.checks import check_personal
from auditsearch.exceptions import SettingError
from auditsearch.logs.formatter import AuditFormatter
from auditsearch.logs.handler import AuditHandler
from auditsearch.logs.importers import outbox_row
from auditsearch.models import OutboxRow
from auditsearch.personal import commit, faults, filled, holds, read
from auditsearch.testing import Captured
from tests.factories import NOON
from tests.shop.models import Account, Code, Customer, Document, Order, Post, Tag

SECRET = "Zefirova"


def rows() -> list[tuple[str, str | None]]:
    """Text and side object of all that waits, oldest first."""
    return list(OutboxRow.objects.order_by("pk").values_list("canonical", "personal"))


def whole(text: str, personal: str | None) -> dict[str, Any]:
    """The event as it was told."""
    return dict(filled(loads(text), read(personal)))


def last() -> dict[str, Any]:
    """The last event as it was told; its text tells nothing of it."""
    text, personal = rows()[-1]
    assert SECRET.lower() not in text.lower()
    assert list(faults(text, read(personal))) == []
    return whole(text, personal)


@pytest.fixture
def named(audit: Callable[..., None]) -> None:
    """A site whose customers' names are personal."""
    audit(PERSONAL=["shop.Customer.name"])


def test_a_commitment_is_the_hash_of_three_parts_with_their_lengths() -> None:
    known = "2e3c0d5ad2c8c4e95346bdc5c3c304f1eaa3250ef47ba26a4c197f9e3f51ad7e"
    assert commit(bytes(16), "/snapshot/name", '"Anna"') == known


def test_a_field_is_committed_to_and_kept_aside(events: Captured, named: None) -> None:
    Customer.objects.create(name=SECRET)
    assert last()["snapshot"]["name"] == SECRET
    assert events[0].object_snapshot["name"] == "•••"


def test_the_old_and_the_new_value_are_committed_to_each(events: Captured, named: None) -> None:
    made = Customer.objects.create(name=f"{SECRET} 1")
    made.name = f"{SECRET} 2"
    made.save()
    assert last()["context"]["diff"] == {"name": [f"{SECRET} 1", f"{SECRET} 2"]}
    assert events[1].diff == {"name": ["•••", "•••"]}


def test_no_value_is_no_secret(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Order.placed"])
    Order.objects.create(customer=Customer.objects.create(name="Anna"))
    assert events[1].object_snapshot["placed"] is None
    assert not holds(rows()[1][0])


def test_equal_values_have_commitments_of_their_own(events: Captured, named: None) -> None:
    Customer.objects.bulk_create([Customer(name=SECRET), Customer(name=SECRET)])
    first, second = (loads(text)["snapshot"]["name"]["$personal"] for text, _ in rows())
    assert first != second


def test_labels_of_the_object_and_of_what_points_to_it_hide_it(events: Captured, named: None) -> None:
    made = Customer.objects.create(name=SECRET)
    assert last()["object_label"] == SECRET
    Order.objects.create(customer=made, number="A-1")
    told = last()
    assert (told["object_label"], told["context"]["labels"]["customer_id"]) == (f"A-1 of {SECRET}", SECRET)
    assert (events[1].object_label, events[1].context_data["labels"]["customer_id"]) == ("A-1 of •••", "•••")


def test_many_to_many_labels_hide_it(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Tag.name"])
    post = Post.objects.create(title="x")
    post.tags.add(Tag.objects.create(name=SECRET))
    assert last()["context"]["labels"]["tags"] == [SECRET]


def test_a_label_of_another_form_is_named_by_itself(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Code.__str__"])
    Code.objects.create(code="k", text=SECRET[:5])
    assert (events[0].object_label, events[0].object_snapshot["text"]) == ("•••", SECRET[:5])


def test_a_sentence_and_a_context_hide_what_the_object_says(events: Captured, named: None) -> None:
    made = Customer.objects.create(name=SECRET)
    record("mailed", object=made, verbose=f"{SECRET.upper()} got a letter", to=f"{SECRET}@example.org", n=1)
    told = last()
    assert told["verbose"] == f"{SECRET.upper()} got a letter"
    assert told["context"] == {"to": f"{SECRET}@example.org", "n": 1}
    assert (events[1].verbose, events[1].context_data["to"]) == ("••• got a letter", "•••@example.org")


def test_queryset_updates_and_their_question_hide_it(events: Captured, named: None, audit: Callable[..., None]) -> None:
    Customer.objects.create(name=SECRET)
    Customer.objects.filter(name=SECRET).update(name=f"{SECRET} 2")
    assert last()["context"]["diff"] == {"name": [SECRET, f"{SECRET} 2"]}
    audit(BULK_EVENTS=0)
    Customer.objects.filter(name__startswith=SECRET).update(name=f"{SECRET} 3")
    assert last()["context"]["bulk"]["values"] == {"name": f"{SECRET} 3"}


def test_a_question_about_another_models_field_hides_it(
    events: Captured, named: None, audit: Callable[..., None]
) -> None:
    Order.objects.create(customer=Customer.objects.create(name=SECRET))
    audit(BULK_EVENTS=0)
    Order.objects.filter(customer__name=SECRET).update(status="paid")
    assert SECRET in str(last()["context"]["bulk"]["question"])


def test_offered_and_upserted_rows_hide_it(events: Captured, named: None) -> None:
    Customer.objects.bulk_create([Customer(pk=1, name=SECRET)], ignore_conflicts=True)
    assert last()["context"]["bulk"]["offered"][0]["name"] == SECRET
    unique = ["id"] if connection.features.supports_update_conflicts_with_target else None
    again = [Customer(pk=1, name=SECRET)]
    Customer.objects.bulk_create(again, update_conflicts=True, unique_fields=unique, update_fields=["name"])
    assert last()["snapshot"]["name"] == SECRET


def test_deletes_hide_it(events: Captured, named: None) -> None:
    made = Customer.objects.create(name=SECRET)
    Order.objects.create(customer=made)
    made.delete()
    assert [SECRET in text for text, _ in rows()] == [False] * 4


def test_several_saves_told_as_one_hide_it(events: Captured, named: None, audit: Callable[..., None]) -> None:
    audit(COALESCE=True)
    made = Customer.objects.create(name=f"{SECRET} 1")
    made.name = "other"
    made.save()
    assert last()["snapshot"]["name"] == "other"


def test_a_key_inside_json_is_hidden_by_its_path(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Document.data.card.number"])
    made = Document.objects.create(data={"card": [{"number": SECRET, "kind": "x"}], "number": 2})
    assert events[0].object_snapshot["data"] == {"card": [{"number": "•••", "kind": "x"}], "number": 2}
    made.data = {"card": {"number": 5}}
    made.save()
    assert last()["context"]["diff"]["data"][1] == {"card": {"number": 5}}
    assert events[1].diff["data"][1] == {"card": {"number": "•••"}}


def test_a_key_of_the_context_is_hidden_by_its_path_or_its_name(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["context.answer.ssn", "iban"])
    record("asked", answer={"ssn": SECRET, "x": 1}, their_iban=SECRET, url=f"https://host/?iban={SECRET}&p=2")
    record("asked", body=f'{{"iban": "{SECRET}", "n": 0.10}}', verbose=f"iban: {SECRET}, all right")
    told = whole(*rows()[0])["context"]
    assert told == {"answer": {"ssn": SECRET, "x": 1}, "their_iban": SECRET, "url": f"https://host/?iban={SECRET}&p=2"}
    assert last()["context"]["body"] == f'{{"iban":"{SECRET}","n":0.10}}'
    assert events[1].verbose == "iban: •••, all right"


def test_a_pattern_is_hidden_wherever_it_stands(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=[r"re:\b\w+@\w+\.org\b"])
    made = Document.objects.create(title=f"of {SECRET}@example.org", data={"a": f'["{SECRET}@example.org"]'})
    record("asked", object=made, verbose=f"by {SECRET}@example.org", url=f"https://host/{SECRET}@example.org")
    assert whole(*rows()[0])["snapshot"]["title"] == f"of {SECRET}@example.org"
    assert last()["verbose"] == f"by {SECRET}@example.org"
    assert events[0].object_snapshot["title"] == "of •••"


def test_what_a_url_says_in_percents_is_hidden(events: Captured, named: None, audit: Callable[..., None]) -> None:
    made = Customer.objects.create(name=f"{SECRET} & Söhne")
    record("asked", object=made, url=f"/find?name={quote_plus(made.name)}&page=2")
    assert events[1].context_data["url"] == "/find?name=•••&page=2"
    audit(PERSONAL=[r"re:\b\w+@\w+\.org\b", "iban"])
    record("asked", url=f"/a?q={SECRET}%40example.org&a=%7B%22iban%22%3A%22{SECRET}%22%7D")
    assert events[2].context_data["url"] == "/a?q=•••&a=•••"
    assert whole(*rows()[2])["context"]["url"].startswith(f"/a?q={SECRET}%40")


def test_an_exception_that_is_logged_hides_it(events: Captured, named: None) -> None:
    made = Customer.objects.create(name=SECRET)
    try:
        raise ValueError(f"no such person: {SECRET}")
    except ValueError:
        entry = logging.makeLogRecord({"msg": f"of {made}", "object": made, "exc_info": sys.exc_info(), "name": "x"})
        AuditHandler().emit(entry)
    assert SECRET in last()["context"]["exception"]["traceback"]


def test_a_line_for_a_file_has_a_mark_instead(audit: Callable[..., None]) -> None:
    audit(PERSONAL=["context.ssn"])
    entry = logging.makeLogRecord({"msg": f"ssn {SECRET}", "ssn": SECRET, "name": "x", "levelname": "INFO"})
    line = AuditFormatter().format(entry)
    assert (SECRET in line, '"ssn":"•••"' in line, '"verbose":"ssn •••"' in line) == (False, True, True)


def test_an_imported_line_hides_it(named: None) -> None:
    fields = {"object_type": "shop.Customer", "object_snapshot": {"name": SECRET}, "verbose": f"{SECRET} was born"}
    _, _, text, personal = outbox_row("id", NOON, fields)
    assert SECRET not in text
    assert whole(text, personal)["verbose"] == f"{SECRET} was born"


@pytest.mark.django_db
def test_names_of_users_hide_in_sign_ins_and_rights(audit: Callable[..., None], client: Any) -> None:
    audit(PERSONAL=["auth.User.username"])
    user = User.objects.create_user(SECRET, password="x")
    Group.objects.create(name="staff").user_set.add(user)
    client.login(username=SECRET, password="wrong")
    texts = [loads(text) for text, _ in rows()]
    assert [SECRET in str({**tree, "user_name": ""}) for tree in texts] == [False] * len(texts)


def test_what_looks_like_a_commitment_in_data_is_data(events: Captured, named: None) -> None:
    false = {"$personal": "0" * 64}
    record("asked", value=false, text=f"\ue005{'0' * 64}\ue006")
    assert events[0].context_data["value"] == false
    record(
        "asked", value=false, text=f"\ue005{'0' * 64}\ue006", object=Customer.objects.create(name="Anna Z"), x="anna z"
    )
    assert events[2].context_data["value"] == {"$$personal": "0" * 64}
    assert events[2].context_data["text"] == f"\ufffd{'0' * 64}\ufffd"


def test_without_personal_values_the_text_is_as_ever(events: Captured, named: None) -> None:
    Account.objects.create(username="x")
    assert (rows()[0][1], holds(rows()[0][0])) == (None, False)


def test_what_mask_hides_is_not_kept_aside(events: Captured, audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Account.password", "shop.Account.username"])
    Account.objects.create(username=SECRET, password="x")
    assert last()["snapshot"]["password"] == "***"


def test_the_path_of_no_field_and_a_primary_key_are_errors(audit: Callable[..., None]) -> None:
    audit(PERSONAL=["shop.Customer.nam", "shop.Customer.id", "snapshot.price"])
    assert [message.id for message in check_personal()] == ["auditsearch.E013", "auditsearch.E024", "auditsearch.W025"]


def test_a_pattern_that_is_none_hides_nothing_and_so_stops_the_site(audit: Callable[..., None]) -> None:
    with pytest.raises(SettingError, match="PERSONAL"):
        audit(PERSONAL=["re:("])


def test_an_application_names_texts_of_its_own(events: Captured, named: None) -> None:
    record("mailed", verbose=f"to {SECRET}", whom=SECRET, personal=[SECRET])
    assert (events[0].verbose, events[0].context_data) == ("to •••", {"whom": "•••"})


def test_what_looks_like_a_commitment_is_data_beside_a_label_too(events: Captured, named: None) -> None:
    false = f"\ue005{'0' * 64}\ue006"
    Order.objects.create(customer=Customer.objects.create(name=SECRET), number=false[:50])
    record("asked", object=Customer.objects.get(), verbose=f"{SECRET} {false}", deep=[{"$personal": "0" * 64}, false])
    assert [list(faults(text, read(personal))) for text, personal in rows()] == [[], [], []]
    assert events[1].object_snapshot["number"].startswith("\ufffd000")


def test_a_name_of_few_letters_is_hidden_as_a_word_of_its_own(events: Captured, named: None) -> None:
    record("mailed", object=Customer.objects.create(name="Li"), verbose="Li likes Lilies, so does li", a="Lily")
    assert (events[1].verbose, events[1].context_data, events[1].object_label) == (
        "••• likes Lilies, so does •••",
        {"a": "Lily"},
        "•••",
    )
