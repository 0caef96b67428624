"""The pages that are measured, by what somebody wants to know."""

from __future__ import annotations

import datetime
import itertools
from typing import Any
from urllib.parse import urlencode

from audit_log.models import AuditEntry
from audit_log.uuid7 import lowest, milliseconds_at
from tests.benchmarks.reading.project.history import END, FREQUENT, RARE, SPAN

ADMIN, REST = "/admin/audit_log/auditentry/", "/api/entries/"
PAGES = "/audit-log/"
PLAIN = "/admin/reading/plain/"
AROUND = datetime.timedelta(days=15)
DEEP = 5_000
BUSIEST = ("reading.order", "0")


def entry_at(share: float) -> AuditEntry:
    """Return a successful update somewhere in the log: 0 is its beginning, 1 its end."""
    newest = lowest(milliseconds_at(END - SPAN + SPAN * share))
    ordinary = {"event_type": "update", "outcome": "success"}
    found = AuditEntry.objects.filter(pk__lte=newest, **ordinary).order_by("-id").first()
    assert found is not None
    return found


def filters_of(entry: AuditEntry) -> dict[str, str]:
    """Return each filter with the value by which ``entry`` is found."""
    return {
        "occurred_after": (entry.occurred_at - AROUND).isoformat(),
        "occurred_before": (entry.occurred_at + AROUND).isoformat(),
        "event_type": entry.event_type,
        "action": entry.action,
        "outcome": entry.outcome,
        "target_type": entry.target_type,
        "target_id": entry.target_id,
        "object": f"{entry.target_type}:{entry.target_id}",
        "actor": str(entry.actor_id),
        "tenant": entry.tenant,
        "correlation_id": entry.correlation_id,
        "remote_addr": str(entry.remote_addr),
    }


def pages(rows: int) -> list[dict[str, Any]]:
    """Return the pages: ``group`` and ``name`` for the report, and the ``url``."""
    entry, other = entry_at(0.4), entry_at(0.7)
    values, others = filters_of(entry), filters_of(other)
    found: list[dict[str, Any]] = []

    def add(group: str, name: str, url: str, **parameters: Any) -> None:
        query = f"?{urlencode(parameters)}" if parameters else ""
        found.append({"group": group, "name": name, "url": url + query})

    add("plain", "first page", PLAIN)
    last = max(1, min(DEEP, rows // 20))
    for surface, url in (("admin", ADMIN), ("pages", PAGES), ("REST", REST)):
        add(surface, "first page", url)
        add(surface, f"page {last}", url, page=last)
        for name, value in values.items():
            add(surface, f"filter {name}", url, **{name: value})
        add(surface, "filter outcome failure", url, outcome="failure")
        add(surface, "frequent keyword", url, search=FREQUENT)
        add(surface, "rare keyword", url, search=RARE)
        add(surface, "keyword that is nowhere", url, search="xyzzyplugh")
        add(surface, "history of the busiest object", url, object=":".join(BUSIEST))
        if surface == "pages":
            continue  # with the same queries as the admin
        for pair in itertools.combinations(values, 2):
            add(f"{surface}, pairs", " + ".join(pair), url, **{one: values[one] for one in pair})
        for one, two in itertools.combinations(values, 2):
            # The values of two entries, which seldom go together.
            if (one, two) != ("occurred_after", "occurred_before"):
                mixed = {one: values[one], two: others[two]}
                add(f"{surface}, pairs seldom together", f"{one} + {two}", url, **mixed)
    add("pages", "page of an object", f"{PAGES}objects/{entry.target_type}/{entry.target_id}/")
    add("panel", "history of an object", f"/panel/{entry.target_type}/{entry.target_id}/")
    add("panel", "history of the busiest object", f"/panel/{'/'.join(BUSIEST)}/")
    return found
