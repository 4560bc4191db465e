"""Settings of the shop. The two lines of auditsearch are marked; the rest is what any Django site has."""

import os
from pathlib import Path

SHOP = Path(__file__).resolve().parent
BASE_DIR = Path(os.environ.get("SHOP_VAR", SHOP / "var"))  # both SQLite files lie here
BASE_DIR.mkdir(parents=True, exist_ok=True)

AUDITSEARCH = {"MODELS": ["shop.Customer", "shop.Product", "shop.Order", "shop.OrderLine"]}  # <-- auditsearch
if "SHOP_OPENSEARCH_URL" in os.environ:
    AUDITSEARCH["HOSTS"] = [os.environ["SHOP_OPENSEARCH_URL"]]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "auditsearch",  # <-- auditsearch
    "example.shop",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "auditsearch.middleware.RequestTokenMiddleware",  # one token for all events of a request
    "auditsearch.middleware.CaptureRequestMiddleware",  # who, and from which address
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SHOP / "templates"],
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
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "shop.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "example.urls"
SECRET_KEY = "a demonstration on your own machine has no secrets"  # noqa: S105
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "orders"
STATIC_URL = "static/"
TIME_ZONE = "UTC"
USE_TZ = True
