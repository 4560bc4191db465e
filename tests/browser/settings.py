"""The example's site with the pages, in English and Russian, and whatever helps a test."""

from example.settings import *  # noqa: F403
from example.settings import AUDITSEARCH, MIDDLEWARE

AUDITSEARCH = AUDITSEARCH | {"BULK_EVENTS": 10}
ROOT_URLCONF = "tests.browser.urls"
MIDDLEWARE = [*MIDDLEWARE[:2], "django.middleware.locale.LocaleMiddleware", *MIDDLEWARE[2:]]
LANGUAGES = [("en", "English"), ("ru", "Русский")]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
