"""Settings of a process that is measured; ``AUDIT_BENCHMARK`` (JSON) chooses."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.benchmarks.packages import PACKAGES
from tests.benchmarks.project.databases import databases

CHOSEN: dict[str, Any] = json.loads(os.environ["AUDIT_BENCHMARK"])
PACKAGE = PACKAGES[CHOSEN["package"]]

SECRET_KEY = "only for benchmarks"
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.benchmarks.project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "static/"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "tests.benchmarks.project",
    *PACKAGE.apps,
]
# As `startproject` makes it, without what only pages need.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *PACKAGE.middleware,
]
MIGRATION_MODULES = {"project": None}

DATABASES = databases(CHOSEN)
globals().update(PACKAGE.settings)
