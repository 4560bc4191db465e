"""The Django site that the tests run in: a small shop on two databases."""

from pathlib import Path

import django

from tests.databases import databases

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "only for tests, as long as it has to be"
USE_TZ = True
TIME_ZONE = "Africa/Lagos"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = databases()
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework.authtoken",
    "hijack",
    "impersonate",
    "loginas",
    "auditsearch",
    "tests.shop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "auditsearch.middleware.RequestTokenMiddleware",
    "auditsearch.middleware.CaptureRequestMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUDITSEARCH = {
    "MODELS": [
        "auth.User",
        "shop.Customer",
        "tests.shop.models.Order",
        "shop.Line",
        "shop.Document",
        "shop.Place",
        "shop.Code",
        "shop.Account",
        "shop.Tag",
        "shop.Post",
        "shop.Remark",
        *(["shop.Measure"] if django.VERSION >= (5, 0) else []),
    ],
    "PROMOTED": {
        "price": ["_snapshot__price", "double"],
        "pieces": ["_context__box__pieces", "long"],
        "state": ["_context__state", "keyword"],
        "due": ["_context__due", "date"],
        "changed": ["_changed", "keyword"],
    },
    "EXCLUDE_FIELDS": ["modified", "auth.User.last_login"],
}
