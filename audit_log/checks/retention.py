"""Checks of what the table ``RETENTION`` names: E012 and W006."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from audit_log import catalogue, conf
from audit_log.identity import type_of
from audit_log.retention.rules import ALL
from audit_log.vocabulary import EventType


def check_retention(**kwargs: Any) -> list[CheckMessage]:
    """E012: a key that can be nothing. W006: an action or model that nothing knows."""
    table = conf.settings.RETENTION
    return list(_check_keys(table)) if isinstance(table, Mapping) else []


def _check_keys(table: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    actions = catalogue.all_actions()
    models = {type_of(model): model._meta.label for model in apps.get_models()}
    for key in table:
        if key == ALL or key in EventType.values:
            continue
        if not isinstance(key, str) or "." not in key:
            words = ", ".join(map(str, EventType.values))
            yield Error(
                f'AUDIT_LOG["RETENTION"] has a key that is no rule: {key!r}.',
                hint=f"A key is an action (license.disable), a model (licensing.License), one of "
                f'the event types {words}, or "*" for all the rest.',
                id="audit_log.E012",
            )
        elif key not in actions and key.lower() not in models:
            near = difflib.get_close_matches(key, [*actions, *models.values()], n=3)
            yield CheckWarning(
                f'AUDIT_LOG["RETENTION"] names {key!r}, which is no action and no model.',
                hint=f"Did you mean {' or '.join(map(repr, near))}? "
                if near
                else "Leave it where it has gone from the code and the log still has its entries.",
                id="audit_log.W006",
            )
    spellings = Counter(str(key).lower() for key in table)
    for key in (key for key, count in spellings.items() if count > 1):
        yield Error(
            f'AUDIT_LOG["RETENTION"] has {key!r} more than once, in several spellings.',
            hint="Capitals make no difference: keep one.",
            id="audit_log.E012",
        )
