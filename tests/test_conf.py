"""Settings: read lazily, and a mistake in them is told without stopping a site that serves."""

import subprocess
import sys

import pytest
from django.test import override_settings

from auditsearch.conf import NAMES, Settings, settings


def test_a_name_that_is_not_given_has_its_default() -> None:
    with override_settings(AUDITSEARCH={}):
        assert [name for name in NAMES if getattr(settings, name) != Settings.__dict__[name]] == []


@override_settings(AUDITSEARCH={"BATCH_SIZE": 7})
def test_settings_are_read_anew_when_they_change() -> None:
    assert settings.BATCH_SIZE == 7
    with override_settings(AUDITSEARCH={"BATCH_SIZE": 8}):
        assert settings.BATCH_SIZE == 8


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"MODEL": [], "BATCH_SIZE": 7}, "Did you mean 'MODELS'?"), ([], "must be a dictionary")],
)
def test_a_wrong_name_is_told_and_the_rest_is_used(
    given: object, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(AUDITSEARCH=given):
        assert (settings.BATCH_SIZE == 7) is bool(given)
    assert sentence in caplog.text


def test_a_site_with_a_wrong_name_starts_and_its_check_names_the_right_one() -> None:
    code = (
        "import django\n"
        "from django.conf import settings\n"
        "from django.core.management import call_command\n"
        "settings.configure(INSTALLED_APPS=['auditsearch'], AUDITSEARCH={'MODLES': []})\n"
        "django.setup()\n"
        "print('serving')\n"
        "call_command('check')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.startswith("serving")
    assert "(auditsearch.E001) AUDITSEARCH['MODLES'] is no setting of auditsearch. Did you mean 'MODELS'?" in run.stderr
