"""In what of an entry a word is looked for, and how each database finds it."""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any

from django.db import connections, models
from django.db.models import BooleanField, F, Func, Q, Subquery, TextField
from django.db.models.lookups import IContains

from audit_log import catalogue

MOST_REFERENCES = 1_000
"""References of one key that are looked at, the newest: a key as short as "7" may have many."""

_TEXTS = ("action", "target_type", "target_repr", "actor_repr", "reason")


class EntryText(Func):
    """All texts of an entry in one, on PostgreSQL: what one index can be made of.

    Words have no spaces, so none is found across two columns.
    """

    template = "(%(expressions)s)"
    arg_joiner = " || ' ' || "
    output_field = TextField()

    def __init__(self, *columns: Any, **extra: Any) -> None:
        super().__init__(*(columns or _TEXTS), **extra)


def holding(word: str, references: models.QuerySet[Any], using: str) -> Q:
    """Return the condition that an entry of the database ``using`` holds ``word``.

    In the action's name or label, the target's type or text, the actor's text or the reason,
    case aside; or it is the key of the target or of a reference (one of ``references``), the
    correlation id, the address or the entry's id.

    Every part of it can be answered by an index, on PostgreSQL with the app
    ``audit_log.contrib.postgres_search``. Elsewhere texts are read, from the newest entry on.
    """
    entry_ids = references.filter(target_id=word).order_by("-entry_id").values("entry_id")
    entry_ids = entry_ids[:MOST_REFERENCES]
    match = Q(target_id=word) | Q(correlation_id=word) | Q(action__in=catalogue.matching(word))
    if connections[using].vendor == "postgresql":
        match |= Q(IContains(EntryText(), word)) | Q(_is_one_of(entry_ids))
    else:
        # Names in lower case, which MariaDB compares byte by byte.
        match |= Q(action__contains=word.lower()) | Q(target_type__contains=word.lower())
        match |= Q(target_repr__icontains=word) | Q(actor_repr__icontains=word)
        # As a derived table: MariaDB takes no LIMIT in IN.
        keys = Subquery(entry_ids, template="(SELECT * FROM (%(subquery)s) AS audit_log_keys)")
        match |= Q(reason__icontains=word) | Q(pk__in=keys)
    if (key := _as_uuid(word)) is not None:
        match |= Q(pk=key)
    if (address := _as_address(word)) is not None:
        match |= Q(remote_addr=address)
    return match


def _is_one_of(entry_ids: models.QuerySet[Any]) -> Func:
    # As an array, it is one more key for the index. With IN it would be a condition to test for
    # every entry.
    keys = Subquery(entry_ids, template="ARRAY(%(subquery)s)")
    return Func(
        F("pk"),
        keys,
        template="(%(expressions)s))",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def _as_uuid(word: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(word)
    except ValueError:
        return None


def _as_address(word: str) -> str | None:
    try:
        return str(ipaddress.ip_address(word))
    except ValueError:
        return None
