"""Checks of the settings dict ``AUDIT_LOG``: E001 to E003; of ``MIDDLEWARE``: W003."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.utils.module_loading import import_string

from audit_log import conf
from audit_log.retention.rules import problems

MIDDLEWARE = "audit_log.middleware.AuditLogMiddleware"


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """E001: no dict. E002: an unknown key. E003: a value of the wrong kind."""
    values = getattr(django_settings, "AUDIT_LOG", {})
    if not isinstance(values, Mapping):
        return [
            Error(
                f"AUDIT_LOG is {_kind(values)}, not a dict.",
                hint='Write AUDIT_LOG = {"PAGE_SIZE": 50}, or leave it out.',
                id="audit_log.E001",
            )
        ]
    messages: list[CheckMessage] = []
    for key, value in values.items():
        if key not in conf.DEFAULTS:
            messages.append(_unknown(key))
        elif problem := _PROBLEMS[key](value):
            messages.append(
                Error(f"AUDIT_LOG[{key!r}] {problem[0]}", hint=problem[1], id="audit_log.E003")
            )
    return messages


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """W003: requests are served and the log would not know by whom."""
    middleware = getattr(django_settings, "MIDDLEWARE", None) or []
    if not middleware or any(_is_ours(path) for path in middleware):
        return []
    return [
        CheckWarning(
            "AuditLogMiddleware is not in MIDDLEWARE: changes made by requests are recorded "
            "without user, address and correlation id.",
            hint=f'Add "{MIDDLEWARE}" to MIDDLEWARE.',
            id="audit_log.W003",
        )
    ]


def _is_ours(path: str) -> bool:
    from audit_log.middleware import AuditLogMiddleware

    try:
        middleware = import_string(path)
    except ImportError:
        return False
    return isinstance(middleware, type) and issubclass(middleware, AuditLogMiddleware)


def _unknown(key: Any) -> CheckMessage:
    close = difflib.get_close_matches(str(key).upper(), conf.DEFAULTS, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return Error(
        f"AUDIT_LOG has an unknown key: {key!r}.",
        hint=f"{hint}Known keys: {', '.join(sorted(conf.DEFAULTS))}.",
        id="audit_log.E002",
    )


Problem = tuple[str, str]
"""What is wrong, and what would be right."""


def _kind(value: Any) -> str:
    return f"{value!r:.60} ({type(value).__name__})"


def _models(value: Any) -> Problem | None:
    if isinstance(value, Mapping):
        for label, options in value.items():
            if not isinstance(options, Mapping):
                return (
                    f"has for {label!r} {_kind(options)}, not a dict of options.",
                    'Write {"shop.Order": {"exclude": ["seen_at"]}}, or {} for no options.',
                )
        return None
    return _texts(value)


def _texts(value: Any) -> Problem | None:
    if isinstance(value, list | tuple | set | frozenset) and _all_text(value):
        return None
    return f"is {_kind(value)}, not a list of texts.", 'Write a list, as ["shop.Order"].'


def _all_text(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _whole(minimum: int, maximum: int | None = None) -> Callable[[Any], Problem | None]:
    def problem(value: Any) -> Problem | None:
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and value >= minimum
            and (maximum is None or value <= maximum)
        ):
            return None
        upper = "" if maximum is None else f" to {maximum}"
        return f"is {_kind(value)}.", f"A whole number from {minimum}{upper} on is right."

    return problem


def _on_error(value: Any) -> Problem | None:
    if value in ("raise", "log"):
        return None
    return f"is {_kind(value)}.", 'It is "raise" (no audit, no change) or "log".'


def _database(value: Any) -> Problem | None:
    if value is None or value in django_settings.DATABASES:
        return None
    aliases = ", ".join(sorted(django_settings.DATABASES))
    return f"is {_kind(value)}, no database.", f"It is None or one of DATABASES: {aliases}."


def _flag(value: Any) -> Problem | None:
    return None if isinstance(value, bool) else (f"is {_kind(value)}.", "It is True or False.")


def _retention(value: Any) -> Problem | None:
    return next(problems(value), None)


def _function(value: Any) -> Problem | None:
    right = 'It is None or the dotted path of f(request, queryset), as "shop.audit.visible".'
    if value is None:
        return None
    if not isinstance(value, str):
        return f"is {_kind(value)}, not a dotted path.", right
    try:
        found = import_string(value)
    except Exception as error:  # noqa: BLE001  # whatever that module does when it is imported
        return f"is {value!r}, which cannot be imported: {error}", right
    return None if callable(found) else (f"is {value!r}, which is no function.", right)


_PROBLEMS: dict[str, Callable[[Any], Problem | None]] = {
    "MODELS": _models,
    "EXCLUDE_MODELS": _texts,
    "MASK_FIELDS": _texts,
    "MAX_VALUE_LENGTH": _whole(1),
    "ON_ERROR": _on_error,
    "DATABASE": _database,
    "TRUSTED_PROXY_COUNT": _whole(0),
    "TRUST_REQUEST_ID": _flag,
    "RETENTION": _retention,
    "VISIBILITY": _function,
    "PAGE_SIZE": _whole(1, 200),
    "LOG_READS": _flag,
    "SETTLING_SECONDS": _whole(0, 3600),
}
