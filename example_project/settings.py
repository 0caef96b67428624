"""Settings of the example project: a demonstration, never a server that others can reach.

The database is a file beside ``manage.py`` unless the environment names another one:
``AUDIT_LOG_EXAMPLE_DATABASE_ENGINE`` (``postgresql`` or ``mysql``), ``…_NAME``, ``…_USER``,
``…_PASSWORD``, ``…_HOST`` and ``…_PORT``.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from example_project.tenants import of_user

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "for the example only: make your own for anything real"  # noqa: S105
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

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
    "audit_log",
    "example_project.demo",
    "example_project.tracker",
    "example_project.workspaces",
    "example_project.licensing",
    "example_project.flows",
    "example_project.languages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "example_project.zones.ReaderZone",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "audit_log.middleware.AuditLogMiddleware",
    "example_project.middleware.LogOfThePlace",
]

ROOT_URLCONF = "example_project.urls"
WSGI_APPLICATION = "example_project.wsgi.application"
ASGI_APPLICATION = "example_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # The audit log's pages below the example's base template.
        "DIRS": [BASE_DIR / "example_project" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "example_project.pages.context.place_of_log",
            ],
        },
    },
]


def database(environ: os._Environ[str] | dict[str, str] = os.environ) -> dict[str, Any]:
    """The database that the environment names, or the file of the demonstration."""
    prefix = "AUDIT_LOG_EXAMPLE_DATABASE_"
    engine = environ.get(f"{prefix}ENGINE", "sqlite3")
    if engine == "sqlite3":
        name = environ.get(f"{prefix}NAME", str(BASE_DIR / "demo.sqlite3"))
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    return {
        "ENGINE": f"django.db.backends.{engine}",
        **{key: environ.get(f"{prefix}{key}", "") for key in keys},
    }


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

# Every model of every installed app is audited without a word here; the models' own
# registrations say what is special about them.
AUDIT_LOG: dict[str, Any] = {
    "VISIBILITY": "example_project.visibility.visible",
    "RETENTION": "example_project.retention.days_of",
    # Accounts are Django's. That some belong to a tenant, the project knows, not the app.
    "MODELS": {"auth.User": {"tenant": of_user}},
}

# The extra "api-docs" describes the REST API at /api/schema/.
if find_spec("drf_spectacular"):
    INSTALLED_APPS.append("drf_spectacular")
    REST_FRAMEWORK["DEFAULT_SCHEMA_CLASS"] = "drf_spectacular.openapi.AutoSchema"
    SPECTACULAR_SETTINGS = {"TITLE": "Four systems", "VERSION": "1"}
