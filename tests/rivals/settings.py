"""The site of the tests with django-auditlog, django-simple-history and django-easy-audit beside each other."""

from tests.settings import *  # noqa: F403 - the same site, with more in it
from tests.settings import INSTALLED_APPS, MIDDLEWARE

INSTALLED_APPS = [*INSTALLED_APPS, "auditlog", "simple_history", "easyaudit", "tests.rivals"]
MIDDLEWARE = [*MIDDLEWARE, "auditlog.middleware.AuditlogMiddleware"]
USE_TZ = True
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    "old": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
AUDITSEARCH = {"BACKEND": "memory", "DELIVERY": "command"}
AUDITLOG_INCLUDE_TRACKING_MODELS = ({"model": "rivals.Student", "m2m_fields": ["friends"]},)
DJANGO_EASY_AUDIT_REGISTERED_CLASSES = ["rivals.Student"]
DJANGO_EASY_AUDIT_CRUD_EVENT_NO_CHANGED_FIELDS_SKIP = True
