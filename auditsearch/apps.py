"""Django's door to auditsearch: connects what listens, once all models are there."""

from __future__ import annotations

import logging

from django.apps import AppConfig, apps
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger("auditsearch")


class AuditSearchConfig(AppConfig):
    """The application `auditsearch`."""

    name = "auditsearch"
    verbose_name = _("Audit log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the tracked models and the sign-ins, and register the system checks."""
        from auditsearch import (
            carry,
            checks,  # noqa: F401 - importing registers them
        )
        from auditsearch.capture import checks as capture_checks  # noqa: F401 - likewise
        from auditsearch.capture import commands, gap, registry, unmigrated
        from auditsearch.life import checks as life_checks  # noqa: F401 - likewise
        from auditsearch.monitor import checks as monitoring  # noqa: F401 - likewise
        from auditsearch.web import checks as web_checks  # noqa: F401 - likewise

        registry.reload()
        for _entry, message in registry.problems():
            logger.error(message, extra={"action": "models"})  # a web server runs no system checks
        unmigrated.connect()
        setting_changed.connect(_reload, dispatch_uid="auditsearch.registry")
        if apps.is_installed("django.contrib.admin"):
            from auditsearch import admin

            admin.connect()
        if apps.is_installed("django.contrib.auth"):
            from auditsearch.capture import auth, impersonation, rights

            auth.connect()
            rights.connect()
            impersonation.connect()
        commands.watch()
        carry.connect()
        gap.look()


def _reload(*, setting: str, **_: object) -> None:
    from auditsearch.capture import registry

    if setting != "AUDITSEARCH":
        return
    registry.reload()
    if apps.is_installed("django.contrib.auth"):
        from auditsearch.capture import rights

        rights.listen()
