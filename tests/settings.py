"""Settings of the test suite. The environment chooses the database; see docs/contributing.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

DATABASE = os.environ.get("AUDIT_LOG_TEST_DATABASE", "sqlite")
# Lets several runs share one server without taking each other's test databases.
SUFFIX = os.environ.get("AUDIT_LOG_TEST_SUFFIX", "")

SERVERS: dict[str, dict[str, Any]] = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
    },
    "postgres": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "audit_log",
        "HOST": os.environ.get("MARIADB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MARIADB_PORT", "3306"),
        "USER": os.environ.get("MARIADB_USER", "root"),
        "PASSWORD": os.environ.get("MARIADB_PASSWORD", ""),
        "OPTIONS": {"charset": "utf8mb4"},
    },
}


def database(alias: str) -> dict[str, Any]:
    """The chosen server, with a test database of the alias's own."""
    settings = SERVERS[DATABASE].copy()
    if DATABASE != "sqlite":
        settings["TEST"] = {"NAME": f"test_audit_log_{alias}{SUFFIX}"}
    if DATABASE == "mariadb":
        settings["TEST"]["CHARSET"] = "utf8mb4"
    return settings


DATABASES = {alias: database(alias) for alias in ("default", "other")}

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "only for tests, and long enough to sign tokens with"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "django_filters",
    "drf_spectacular",
    "audit_log",
    "example_project.demo",
    "example_project.tracker",
    "example_project.workspaces",
    "example_project.licensing",
    "example_project.flows",
    "example_project.languages",
    "tests.testapp",
]

if DATABASE == "postgres":
    INSTALLED_APPS += [
        "django.contrib.postgres",
        "audit_log.contrib.postgres_search",
        "tests.pgapp",
    ]

MIDDLEWARE = [
    # Not only for tests in a browser: whose server loads its middleware before they begin.
    "tests.browser.csp.StrictPolicy",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audit_log.middleware.AuditLogMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# The models of the test app change freely: their tables are made from the models.
MIGRATION_MODULES = {"testapp": None}

# When drf-spectacular's view is imported, which may be by any test, this is what it extends.
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
