"""Which entries are due: the rules as queries."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from audit_log.retention.rules import ALL, Rule, Rules
from audit_log.uuid7 import key_range
from audit_log.vocabulary import EventType

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet


class Row(NamedTuple):
    """What decides whether an entry goes."""

    id: uuid.UUID
    occurred_at: datetime.datetime
    event_type: str
    action: str
    target_type: str
    target_id: str
    tenant: str
    actor_id: Any
    correlation_id: str


@dataclass(frozen=True)
class Part:
    """Entries of one rule and one period."""

    rule: Rule
    days: int
    where: Q
    tenant: str | None = None


def parts(entries: AuditEntryQuerySet, rules: Rules, now: datetime.datetime) -> Iterator[Part]:
    """Yield what is due by ``now``, a rule (and tenant) at a time.

    No entry is in two parts. ``entries`` are those to choose from; the tenants that they
    have are looked up, and their periods asked for, as it goes.
    """
    for rule in rules.rules.values():
        for where in _entries_of(rule.key, rules):
            if not callable(rule.period):
                if rule.period is not None:
                    yield Part(rule, rule.period, where & _older(now, rule.period))
                continue
            for tenant in _tenants(entries.filter(where)):
                days = rules.days_of(rule, tenant)
                if days is not None:
                    due = where & Q(tenant=tenant) & _older(now, days)
                    yield Part(rule, days, due, tenant)


def batches(entries: AuditEntryQuerySet, part: Part, size: int) -> Iterator[list[Row]]:
    """Yield the entries of a part, at most ``size`` at a time.

    Each query begins where the last one ended: what was removed meanwhile costs nothing.
    """
    found = entries.filter(part.where).order_by("id").values_list(*Row._fields)
    rows: list[Row] = list(map(Row._make, found[:size]))
    while rows:
        yield rows
        if len(rows) < size:
            return
        rows = list(map(Row._make, found.filter(id__gt=rows[-1].id)[:size]))


def expiring(
    entries: AuditEntryQuerySet, *, within: datetime.timedelta | None = None
) -> AuditEntryQuerySet:
    """Return those of ``entries`` whose period ends ``within`` that time, or has ended.

    Without ``within``, those that have ended. Entries that are held are among them: their
    period ends all the same. Asks for the tenants that the entries have, where there is a
    function by tenant. ``entries`` must not be sliced.
    """
    rules = Rules()
    moment = timezone.now() + (within or datetime.timedelta())
    chosen = Q(pk__in=())
    for rule in rules.rules.values():
        for where in _entries_of(rule.key, rules):
            if not callable(rule.period):
                if rule.period is not None:
                    chosen |= where & _older(moment, rule.period)
                continue
            tenants: dict[int, list[str]] = {}
            for tenant in _tenants(entries.filter(where)):
                if (days := rules.days_of(rule, tenant)) is not None:
                    tenants.setdefault(days, []).append(tenant)
            for days, names in tenants.items():
                chosen |= where & Q(tenant__in=names) & _older(moment, days)
    return entries.filter(chosen)


def _entries_of(key: str, rules: Rules) -> Iterator[Q]:
    """Yield the entries that a rule holds for."""
    events = [key for key in rules.rules if key in EventType.values]
    words = [key for key in rules.rules if "." in key]
    if key in words:
        yield Q(action=key)
        yield Q(target_type=key) & ~Q(action__in=words)
        return
    named = ~Q(action__in=words) & ~Q(target_type__in=words) if words else Q()
    if key == ALL:
        yield named & (~Q(event_type__in=events) if events else Q())
    elif key in events:
        yield Q(event_type=key) & named


def _older(now: datetime.datetime, days: int) -> Q:
    last = now - datetime.timedelta(days=days)
    return Q(occurred_at__lte=last, id__lte=key_range(None, last)[1])


def _tenants(entries: AuditEntryQuerySet) -> Iterator[str]:
    """Yield the tenants that entries have: a step of the index each, instead of a DISTINCT."""
    # The index of the tenants has no entries without one everywhere.
    if entries.filter(tenant="").exists():
        yield ""
    ordered = entries.order_by("tenant").values_list("tenant", flat=True)
    tenant = ordered.filter(tenant__gt="").first()
    while tenant is not None:
        yield tenant
        tenant = ordered.filter(tenant__gt=tenant).first()
