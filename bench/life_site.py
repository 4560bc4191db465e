"""Settings of the site that `bench.life` measures, from the environment: processes that verify read them anew."""

import json
import os

from bench.site import COMMON_APPS, entry

INSTALLED_APPS = [*COMMON_APPS, "auditsearch"]
DATABASES = {"default": entry(os.environ["LIFE_DATABASE"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SECRET_KEY = "bench"
USE_TZ = True
AUDITSEARCH = json.loads(os.environ["LIFE_OPTIONS"])
