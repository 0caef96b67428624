"""Every address of this app, and how it is asked about an entry.

The key is the name of the view as the resolver has it; what follows a space tells apart several
ways to ask the same view.
"""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from django.utils import timezone

from audit_log.models import AuditEntry
from audit_log.reading.history import as_of_query
from audit_log.reading.moments import utc_text
from tests.roles.world import Case

Asks = Callable[[Case], str]
ENTRY = "admin:audit_log_auditentry"
HOLD = "admin:audit_log_audithold"
BOOK = "admin:testapp_book"


def plain(name: str, query: str = "") -> Asks:
    return lambda case: reverse(name) + query.format(word=case.word)


def of_entry(name: str, *arguments: str) -> Asks:
    return lambda case: reverse(name, args=[case.entry.pk, *arguments])


def of_hold(name: str) -> Asks:
    return lambda case: reverse(name, args=[case.hold.pk])


def of_book(name: str) -> Asks:
    return lambda case: reverse(name, args=[case.book.pk])


def of_object(name: str) -> Asks:
    return lambda case: reverse(name, args=[case.entry.target_type, case.entry.target_id])


def as_of(entry: AuditEntry) -> str:
    """What asks a page with the panel of an object for the object as it was at the end."""
    query = as_of_query(entry.target_type, entry.target_id, utc_text(timezone.now()))
    return query.partition("#")[0]


SURFACES: dict[str, Asks] = {
    f"{ENTRY}_changelist": plain(f"{ENTRY}_changelist"),
    f"{ENTRY}_changelist searched": plain(f"{ENTRY}_changelist", "?search={word}"),
    f"{ENTRY}_change": of_entry(f"{ENTRY}_change"),
    f"{ENTRY}_export": plain(f"{ENTRY}_export"),
    f"{ENTRY}_export_expiring": lambda case: reverse(f"{ENTRY}_export_expiring", args=[30]),
    f"{ENTRY}_add": plain(f"{ENTRY}_add"),
    f"{ENTRY}_delete": of_entry(f"{ENTRY}_delete"),
    f"{ENTRY}_history": of_entry(f"{ENTRY}_history"),
    f"{ENTRY}/<path:object_id>/": lambda case: f"{reverse(f'{ENTRY}_changelist')}{case.entry.pk}/",
    f"{HOLD}_changelist": plain(f"{HOLD}_changelist"),
    f"{HOLD}_add": plain(f"{HOLD}_add"),
    f"{HOLD}_change": of_hold(f"{HOLD}_change"),
    f"{HOLD}_release": of_hold(f"{HOLD}_release"),
    f"{HOLD}_delete": of_hold(f"{HOLD}_delete"),
    f"{HOLD}_history": of_hold(f"{HOLD}_history"),
    f"{HOLD}/<path:object_id>/": lambda case: f"{reverse(f'{HOLD}_changelist')}{case.hold.pk}/",
    # Of every model whose admin has the mixin.
    "*_change": of_book(f"{BOOK}_change"),
    "*_history": of_book(f"{BOOK}_history"),
    "*_history deleted": lambda case: reverse(f"{BOOK}_history", args=[case.gone.target_id]),
    "panel": of_object("panel"),
    "panel as of": lambda case: of_object("panel")(case) + as_of(case.entry),
    "audit_log:entries": plain("audit_log:entries"),
    "audit_log:entries searched": plain("audit_log:entries", "?search={word}"),
    "audit_log:entry": of_entry("audit_log:entry"),
    "audit_log:object": of_object("audit_log:object"),
    "audit_log:object as of": lambda case: of_object("audit_log:object")(case) + as_of(case.entry),
    "audit_log:export": plain("audit_log:export"),
    "audit_log:expiring": plain("audit_log:expiring"),
    "audit_log_api:entries": plain("audit_log_api:entries"),
    "audit_log_api:entries searched": plain("audit_log_api:entries", "?search={word}"),
    "audit_log_api:entries followed": plain("audit_log_api:entries", "?cursor="),
    "audit_log_api:entry": of_entry("audit_log_api:entry"),
    "audit_log_api:object": of_object("audit_log_api:object"),
    "audit_log_api:export-csv": plain("audit_log_api:export-csv"),
    "audit_log_api:export-jsonl": plain("audit_log_api:export-jsonl"),
    "audit_log_api:actions": plain("audit_log_api:actions"),
    "audit_log_api:target-types": plain("audit_log_api:target-types"),
}
