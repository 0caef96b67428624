"""Rules of who may see which entries, for tests."""

from __future__ import annotations

from django.http import HttpRequest

from audit_log.querysets import AuditEntryQuerySet


def only_acme(request: HttpRequest, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return entries.filter(tenant="acme")


def none(request: HttpRequest, entries: AuditEntryQuerySet) -> AuditEntryQuerySet:
    return entries.filter(tenant__in=[])
