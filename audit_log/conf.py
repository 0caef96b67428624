"""The one settings dict, ``AUDIT_LOG``: typed properties, read on access.

Values are validated by the system checks (``audit_log.E001`` and following); here
they are only read, so that ``override_settings`` works at any moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Literal, TypeAlias

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

PolicyOptions: TypeAlias = Mapping[str, Any]
"""Keyword arguments of :func:`audit_log.register` for one model."""

DEFAULT_EXCLUDED = (
    "admin.LogEntry",
    "audit_log.*",
    "auth.Permission",
    "contenttypes.ContentType",
    "migrations.Migration",
    "sessions.Session",
)
"""Models not audited unless ``MODELS`` or ``register()`` names them."""

DEFAULT_MASKED = (
    "access_key",
    "api_key",
    "apikey",
    "apitoken",
    "auth_key",
    "backup_code",
    "bearer",
    "credential",
    "cvc",
    "cvv",
    "encryption_key",
    "jwt",
    "mfa_seed",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "pin_code",
    "private_key",
    "pwd",
    "recovery_code",
    "secret",
    "secret_key",
    "secretkey",
    "security_code",
    "session_key",
    "signing_key",
    "token",
    "totp",
)
"""Words that make a field's name look secret; ``MASK_FIELDS`` adds to them."""

DEFAULTS: dict[str, Any] = {
    "MODELS": {},
    "EXCLUDE_MODELS": (),
    "MASK_FIELDS": (),
    "MAX_VALUE_LENGTH": 10_000,
    "ON_ERROR": "raise",
    "DATABASE": None,
    "TRUSTED_PROXY_COUNT": 0,
    "TRUST_REQUEST_ID": False,
    "RETENTION": None,
    "VISIBILITY": None,
    "PAGE_SIZE": 20,
    "LOG_READS": False,
    "SETTLING_SECONDS": 1,
}


def _texts(value: Any) -> tuple[str, ...]:
    # Anything else is audit_log.E003.
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(item for item in value if isinstance(item, str))
    return ()


class Settings:
    """``AUDIT_LOG`` with its defaults; an attribute for each key."""

    @cached_property
    def _values(self) -> Mapping[str, Any]:
        values = getattr(django_settings, "AUDIT_LOG", None)
        # Anything but a mapping is audit_log.E001; until the checks say so, defaults hold.
        return values if isinstance(values, Mapping) else {}

    def reset(self, *, setting: str, **kwargs: Any) -> None:
        """Look again where the settings have changed (in tests)."""
        if setting == "AUDIT_LOG":
            self.__dict__.pop("_values", None)

    def _get(self, key: str) -> Any:
        return self._values.get(key, DEFAULTS[key])

    @property
    def MODELS(self) -> Mapping[str, PolicyOptions]:
        """``{"app_label.Model": options}``; a list of labels means default options."""
        value = self._get("MODELS")
        return value if isinstance(value, Mapping) else {label: {} for label in _texts(value)}

    @property
    def EXCLUDE_MODELS(self) -> tuple[str, ...]:
        """Labels ``app_label.Model``, ``app_label.*`` or ``*`` that are not audited."""
        return _texts(self._get("EXCLUDE_MODELS"))

    @property
    def MASK_FIELDS(self) -> tuple[str, ...]:
        """Words that make a field's name secret, besides those that always do."""
        return _texts(self._get("MASK_FIELDS"))

    @property
    def MAX_VALUE_LENGTH(self) -> int:
        """Longest text stored of one value, in characters."""
        return int(self._get("MAX_VALUE_LENGTH"))

    @property
    def ON_ERROR(self) -> Literal["raise", "log"]:
        """``"raise"``: no audit, no change. ``"log"``: the change goes through."""
        value: Literal["raise", "log"] = self._get("ON_ERROR")
        return value

    @property
    def DATABASE(self) -> str | None:
        """Alias that takes all entries; ``None``: the database of the change."""
        value: str | None = self._get("DATABASE")
        return value

    @property
    def TRUSTED_PROXY_COUNT(self) -> int:
        """How many reverse proxies append to ``X-Forwarded-For``; 0 ignores the header."""
        return int(self._get("TRUSTED_PROXY_COUNT"))

    @property
    def TRUST_REQUEST_ID(self) -> bool:
        """Whether ``X-Request-ID`` and ``traceparent`` may name the correlation id."""
        return bool(self._get("TRUST_REQUEST_ID"))

    @property
    def RETENTION(self) -> Any:
        """How long entries are kept."""
        return self._get("RETENTION")

    @property
    def VISIBILITY(self) -> Callable[..., Any] | None:
        """``f(request, queryset) -> queryset``, used by every surface."""
        path: str | None = self._get("VISIBILITY")
        if path is None:
            return None
        function: Callable[..., Any] = import_string(path)
        return function

    @property
    def PAGE_SIZE(self) -> int:
        """Entries on a page."""
        return int(self._get("PAGE_SIZE"))

    @property
    def LOG_READS(self) -> bool:
        """Whether looking at entries leaves an entry, as exporting them always does."""
        return bool(self._get("LOG_READS"))

    @property
    def SETTLING_SECONDS(self) -> int:
        """How old an entry is before those who follow the log get it."""
        return int(self._get("SETTLING_SECONDS"))


settings = Settings()
setting_changed.connect(settings.reset, dispatch_uid="audit_log.conf")
