"""Which entries are due: the rules as queries."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q
from django.utils import timezone

from audit_log.retention.rules import ALL, Rule, Rules
from audit_log.vocabulary import EventType

if TYPE_CHECKING:
    from audit_log.querysets import AuditEntryQuerySet


BY_ID = ("id",)
BY_TIME = ("occurred_at", "id")


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
    """Entries of one rule and one period that an index finds in order."""

    rule: Rule
    days: int
    where: Q
    order: tuple[str, ...]
    tenant: str | None = None


def parts(entries: AuditEntryQuerySet, rules: Rules, now: datetime.datetime) -> Iterator[Part]:
    """Yield what is due by ``now``, a rule (and tenant) at a time.

    No entry is in two parts. ``entries`` are those to choose from; the tenants that they
    have are looked up, and their periods asked for, as it goes.
    """
    for rule in rules.rules.values():
        for where, order in _entries_of(rule.key, rules):
            if not callable(rule.period):
                if rule.period is not None:
                    yield Part(rule, rule.period, where & _older(now, rule.period), order)
                continue
            for tenant in _tenants(entries.filter(where)):
                days = rules.days_of(rule, tenant)
                if days is not None:
                    due = where & Q(tenant=tenant) & _older(now, days)
                    yield Part(rule, days, due, BY_ID if tenant else order, tenant)


def batches(entries: AuditEntryQuerySet, part: Part, size: int) -> Iterator[list[Row]]:
    """Yield the entries of a part, at most ``size`` at a time.

    Each query begins where the last one ended: what was removed meanwhile costs nothing.
    """
    found = entries.filter(part.where).order_by(*part.order).values_list(*Row._fields)
    rows: list[Row] = list(map(Row._make, found[:size]))
    while rows:
        yield rows
        if len(rows) < size:
            return
        rows = list(map(Row._make, found.filter(_after(rows[-1], part.order))[:size]))


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
        for where, _order in _entries_of(rule.key, rules):
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


def _entries_of(key: str, rules: Rules) -> Iterator[tuple[Q, tuple[str, ...]]]:
    """Yield the entries that a rule holds for, and the order in which an index has them."""
    events = [key for key in rules.rules if key in EventType.values]
    words = [key for key in rules.rules if "." in key]
    if key in words:
        yield Q(action=key), BY_ID
        yield Q(target_type=key) & ~Q(action__in=words), BY_ID
        return
    named = ~Q(action__in=words) & ~Q(target_type__in=words) if words else Q()
    if key == ALL:
        yield named & (~Q(event_type__in=events) if events else Q()), BY_TIME
    elif key in events:
        # The index of the event types has no updates everywhere: they are most of a log.
        yield Q(event_type=key) & named, BY_TIME if key == EventType.UPDATE else BY_ID


def _older(now: datetime.datetime, days: int) -> Q:
    return Q(occurred_at__lte=now - datetime.timedelta(days=days))


def _after(row: Row, order: Sequence[str]) -> Q:
    if order == BY_ID:
        return Q(id__gt=row.id)
    # The first condition lets the index begin there.
    later = Q(occurred_at__gt=row.occurred_at) | Q(id__gt=row.id)
    return Q(occurred_at__gte=row.occurred_at) & later


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
