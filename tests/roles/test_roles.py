"""Every role on every surface, before every entry; and nothing betrays what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from audit_log.access import EXPORT
from audit_log.admin import AuditHistoryAdminMixin
from audit_log.models import AuditEntry, AuditHold
from audit_log.reading.history import anchor_of
from tests.roles.matrix import BY_TENANT, MATRIX, MODES, missing
from tests.roles.surfaces import SURFACES
from tests.roles.world import ENTRIES, ROLES, Case, build, forget

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.roles.urls")]
STATUSES = {"+": 200, ".": 200, "4": 404, "3": 403, ">": 302}


def body(response: HttpResponse) -> str:
    return b"".join(response).decode()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mode", MODES)
def test_what_each_role_sees(mode: str, role: str, settings: Any) -> None:
    settings.AUDIT_LOG = MODES[mode]
    client, cases = build(role)
    wrong = []
    for surface, asks in SURFACES.items():
        for (name, case), sign in zip(cases.items(), MATRIX[mode][surface, role], strict=True):
            response = client.get(asks(case))
            shown = body(response)
            # The word may stand in what the reader has asked for.
            asked = ("search=" in asks(case)) and sign != "+"
            found = f"The {case.word}" in shown or (not asked and case.word in shown)
            if response.status_code != STATUSES[sign] or found != (sign == "+"):
                wrong.append(f"{surface}, {name}: {sign} is {response.status_code}, {found=}")
            # Whoever takes a file is told of; else the next page would show it.
            exports = AuditEntry.objects.filter(action=EXPORT)
            takers = [entry.actor_id for entry in exports]
            user = client.session.get("_auth_user_id")
            is_file = "attachment" in response.get("Content-Disposition", "")
            if takers != ([int(user)] if is_file else []):
                wrong.append(f"{surface}, {name}: {takers} took a file, {is_file=}")
            forget(exports)
    assert not wrong


def test_every_cell_is_filled() -> None:
    assert missing() == []


def test_every_address_is_in_the_matrix() -> None:
    known = {surface.partition(" ")[0] for surface in SURFACES}
    found = set(addresses(get_resolver("tests.roles.urls")))
    assert len(found) > 25
    assert found - known == set()
    assert known - found == set()


def addresses(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of the patterns that lead to this app's views."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            yield from addresses(pattern, inner)
        elif name := name_of(pattern, namespace):
            yield name


def name_of(pattern: URLPattern, namespace: str) -> str | None:
    if namespace.partition(":")[0] in {"audit_log", "audit_log_api"} or not namespace:
        return ":".join(filter(None, [namespace, pattern.name]))
    if (pattern.name or "").startswith(("audit_log_auditentry", "audit_log_audithold")):
        return f"{namespace}:{pattern.name}"
    admin = getattr(pattern.callback, "model_admin", None)
    if admin is None:
        return None
    name = f"{namespace}:{admin.opts.app_label}_{admin.opts.model_name}"
    if admin.model in {AuditEntry, AuditHold}:
        return f"{name}/{pattern.pattern}"
    if isinstance(admin, AuditHistoryAdminMixin):
        # Its other pages are Django's.
        return {f"{name}_change": "*_change", f"{name}_history": "*_history"}.get(
            f"{namespace}:{pattern.name}"
        )
    return None


PARTIAL = ["staff_here", "admin_here", "member"]
LISTS = [
    "admin:audit_log_auditentry_changelist",
    "audit_log:entries",
    "audit_log:export",
    "audit_log_api:entries",
    "audit_log_api:export-jsonl",
]


def questions(hidden: Case) -> list[dict[str, Any]]:
    """What somebody asks who guesses that there is more."""
    entry = hidden.entry
    return [
        {},
        {"search": hidden.word},
        {"search": str(entry.pk)},
        {"actor": entry.actor_id},
        {"actor": f"{hidden.word}@example.com"},
        {"action": entry.action},
        {"action": "book.update"},
        {"target_type": "testapp.book"},
        {"target_id": entry.target_id},
        {"object": entry.target_id},
        {"object": f"testapp.book:{entry.target_id}"},
        {"object": f"testapp.author:{hidden.word}-author"},
        {"tenant": entry.tenant},
        {"correlation_id": entry.correlation_id},
        {"occurred_after": entry.occurred_at.isoformat()},
        {"page": 2},
        {"page_size": 1},
        {"page_size": 1, "page": 2},
        {"pin": entry.pk},
        {"pin": entry.pk, "page": 2, "page_size": 1},
        {"anchor": f"1-{entry.pk}", "page": 2, "page_size": 1},
        {"cursor": entry.pk},
    ]


def answers(client: Client, cases: list[Case]) -> dict[str, tuple[int, str, str]]:
    """All that can be learned, without what differs each time."""
    found = {}
    for hidden in cases:
        urls = [(reverse(surface), query) for surface in LISTS for query in questions(hidden)]
        anchor = anchor_of("testapp.book", hidden.entry.target_id)
        panel = reverse("panel", args=["testapp.book", hidden.entry.target_id])
        urls += [
            (panel, {}),
            (panel, {f"{anchor}-page": 2}),
            (panel, {f"{anchor}-at": "2020-01-01"}),
        ]
        urls += [
            (SURFACES[name](hidden), {})
            for name in SURFACES
            if name.endswith(("entry", "object", "_change", "_history", "deleted"))
        ]
        for url, query in urls:
            response = client.get(url, query)
            text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body(response))
            found[f"{url} {query}"] = (
                response.status_code,
                response.get("Location", ""),
                re.sub(r"\b[0-9a-f]{32}\b", "", text),
            )
            assert response.status_code < 500
            forget(AuditEntry.objects.filter(action=EXPORT))
    return found


@pytest.mark.parametrize("role", PARTIAL)
def test_what_is_hidden_changes_nothing(role: str, settings: Any) -> None:
    """The same answers to everything, whether what the reader may not see is there or not."""
    settings.AUDIT_LOG = BY_TENANT
    client, cases = build(role)
    signs = dict(zip(ENTRIES, MATRIX["by tenant"]["audit_log:entries", role], strict=True))
    hidden = [case for name, case in cases.items() if signs[name] == "."]
    there = answers(client, hidden)
    gone = [one.pk for case in hidden for one in (case.entry, case.gone)]
    forget(AuditEntry.objects.filter(pk__in=gone))
    not_there = answers(client, hidden)
    assert there.keys() == not_there.keys()
    assert [name for name in there if there[name] != not_there[name]] == []
