"""Whatever stands in the log or in an address: text stays text, and no page breaks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from audit_log.models import AuditEntry, AuditHold
from audit_log.reading.filters import AuditEntryFilter
from audit_log.reading.history import anchor_of
from audit_log.reading.pagination import PARAMETERS
from tests.admin.conftest import make_entry
from tests.roles.surfaces import SURFACES, as_of
from tests.roles.test_roles import body
from tests.roles.world import Case, build

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.roles.urls")]
READABLE = {"RETENTION": 10, "SETTLING_SECONDS": 0}
SHORT = "'\"><img src=x onerror=alert(1)>"
LONG = SHORT + "</script><script>alert(2)</script>{{ 6|add:7123 }}"


class Markup(HTMLParser):
    """Finds in a page what nobody but the log or the address could have brought."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("src") == "x" or "onerror" in given:
            self.found.append(f"{tag} {given}")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script" and "alert(2)" in data:
            self.found.append(data)


def test_the_parser_finds_markup() -> None:
    assert len(Markup(LONG).found) == 2


@pytest.fixture
def world(settings: Any) -> tuple[Client, Case]:
    settings.AUDIT_LOG = READABLE
    client, cases = build("superuser")
    return client, cases["ours"]


@pytest.fixture
def evil(world: tuple[Client, Case]) -> tuple[Client, Case]:
    """An auditor, and entries with markup wherever a text can be."""
    client, case = world
    texts: dict[str, Any] = {
        **dict.fromkeys(("action", "tenant", "correlation_id"), SHORT),
        **dict.fromkeys(("actor_repr", "target_repr", "reason"), LONG),
        "actor_type": "token",
        "metadata": {LONG: [LONG, {"impersonator": LONG}]},
        "changes": {
            LONG: {"old": LONG, "new": LONG.swapcase()},
            "title": {"old": None, "new": {LONG: [LONG]}, "new_repr": LONG},
            "tags": {"added": [{"id": LONG, "repr": LONG}], "removed": [{"id": 1, "repr": LONG}]},
            "author": {"old": 1, "new": 2, "old_repr": LONG, "new_repr": LONG},
            "price": {"masked": True},
        },
    }
    entry = make_entry(**texts, target_id=str(case.book.pk))
    gone = make_entry(**texts, target_type=SHORT, target_id=SHORT)
    (hold,) = AuditHold.objects.bulk_create([AuditHold(reason=LONG, tenant=SHORT)])
    return client, Case(case.word, entry, case.book, gone, hold)


def test_text_stays_text(evil: tuple[Client, Case]) -> None:
    client, case = evil
    urls = [asks(case) for asks in SURFACES.values()]
    for one in (case.entry, case.gone):
        target = [one.target_type, one.target_id]
        urls += [
            reverse("admin:audit_log_auditentry_change", args=[one.pk]),
            reverse("audit_log:entry", args=[one.pk]),
            reverse("audit_log:object", args=target),
            reverse("audit_log:object", args=target) + as_of(one),
            reverse("audit_log_api:entry", args=[one.pk]),
            reverse("panel", args=[*map(str, target)]) + as_of(one),
        ]
    seen = 0
    for url in urls:
        response = client.get(url, headers={"accept": "text/html"})
        page = body(response)
        if response["Content-Type"].startswith("text/html"):
            assert Markup(page).found == [], url
            assert "7129" not in page, url
            seen += "onerror" in page
        else:
            # What a browser may not take for a page, whatever is in it.
            assert response["Content-Type"].startswith(("application/", "text/csv")), url
        assert response.headers.get("X-Content-Type-Options") == "nosniff", url
    assert seen > 15


@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_asked_stays_text(world: tuple[Client, Case], surface: str) -> None:
    client, case = world
    for name in ("search", "actor", "object", "page", "occurred_after", "action", SHORT):
        response = client.get(
            SURFACES[surface](case), {name: LONG}, headers={"accept": "text/html"}
        )
        if response["Content-Type"].startswith("text/html"):
            assert Markup(body(response)).found == [], name
        else:
            assert response["Content-Type"].startswith(("application/", "text/plain", "text/csv"))


NAMES = [*AuditEntryFilter.base_filters, *PARAMETERS, "cursor", "at", "format", "days", "_q"]
VALUES = [
    "",
    "0",
    "-1",
    "9" * 40,
    "1e9",
    "NaN",
    "٣",
    "1;DROP TABLE x",
    "' OR 1=1 --",
    "%",
    "_",
    "\\",
    "%s%d%(x)s",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "{{ 7 }}",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59:59.999999-14:00",
    "2026-03-29T02:30:00",
    "2026-01-01T00:00:00 02:00",
    "testapp.book:1",
    "testapp.book:",
    ":1",
    "auth.user:" + "9" * 300,
    "::1",
    "999.1.1.1",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "1-00000000-0000-0000-0000-000000000000",
    "99999999999999999999-00000000-0000-0000-0000-000000000000",
    "update",
    "x" * 5000,
]
values = st.sampled_from(VALUES) | st.text(max_size=30) | st.integers().map(str)
asked = [name for name in SURFACES if not name.startswith(("admin:audit_log_audithold", "*"))]


@pytest.mark.parametrize("surface", asked)
def test_no_parameter_breaks_a_page(world: tuple[Client, Case], surface: str) -> None:
    """Answered, or refused with reasons; never an error of ours, which the client would raise."""
    client, case = world
    anchor = anchor_of(case.entry.target_type, case.entry.target_id)
    url = SURFACES[surface](case).partition("?")[0]
    names = st.sampled_from([*NAMES, *(f"{anchor}-{name}" for name in (*PARAMETERS, "at"))])

    @hypothesis_settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(st.lists(st.tuples(names | st.text(max_size=8), values), max_size=4))
    def ask(parameters: list[tuple[str, str]]) -> None:
        pairs = [
            (name.encode("utf-8", "surrogatepass"), value.encode("utf-8", "surrogatepass"))
            for name, value in parameters
        ]
        response = client.get(url, QUERY_STRING=urlencode(pairs))
        # An object's address may hold anything, and then there is no such object.
        assert response.status_code in {200, 302, 400, 403, 404}
        body(response)

    ask()
    assert AuditEntry.objects.filter(pk=case.entry.pk).exists()
