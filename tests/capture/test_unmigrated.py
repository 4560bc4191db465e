"""`migrate` gets through on a database that has no outbox yet, and says what it did not audit."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models.signals import pre_migrate

from auditsearch.capture import unmigrated
from auditsearch.testing import Captured
from tests.capture.conftest import customer


@pytest.fixture
def migrating() -> Iterator[None]:
    """A process that runs `migrate`."""
    pre_migrate.send(sender=None, using="default")
    yield
    unmigrated._migrating.clear()


def test_without_a_table_a_change_during_migrate_is_logged_and_goes_on(
    transactional_db: None, migrating: None, caplog: pytest.LogCaptureFixture
) -> None:
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE auditsearch_outbox RENAME TO elsewhere")
    try:
        customer()
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE elsewhere RENAME TO auditsearch_outbox")
    assert [record.action for record in caplog.records] == ["migrate"]  # type: ignore[attr-defined]


def test_with_its_table_it_is_audited(migrating: None, events: Captured) -> None:
    customer()
    assert len(events) == 1
    assert "default" not in unmigrated._migrating
