"""Whatever stands in the log or in an address: text stays text, and no page breaks."""

from __future__ import annotations

import json
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


def with_texts(case: Case, short: str, long: str) -> Case:
    """Entries and a hold with these texts wherever one can be."""
    texts: dict[str, Any] = {
        **dict.fromkeys(("action", "tenant", "correlation_id"), short),
        **dict.fromkeys(("actor_repr", "target_repr", "reason"), long),
        "actor_type": "token",
        "metadata": {long: [long, {"impersonator": long}]},
        "changes": {
            long: {"old": long, "new": long.swapcase()},
            "title": {"old": None, "new": {long: [long]}, "new_repr": long},
            "tags": {"added": [{"id": long, "repr": long}], "removed": [{"id": 1, "repr": long}]},
            "author": {"old": 1, "new": 2, "old_repr": long, "new_repr": long},
            "extra": {"old": {long: [long, 1]}, "new": {long: [1], short: long}},
            "blurb": {"old": f"the {long} word", "new": f"the {short} word"},
            "price": {"masked": True},
        },
    }
    entry = make_entry(**texts, target_id=str(case.book.pk))
    # What is short enough for a line of a list.
    few: dict[str, Any] = {
        "title": {"old": short, "new": ""},
        "author": {"old": 1, "new": 2, "old_repr": short, "new_repr": short},
        "tags": {"added": [{"id": short, "repr": short}], "removed": []},
        short: {"old": short, "new": None},
    }
    make_entry(**{**texts, "changes": few}, target_id=str(case.book.pk))
    gone = make_entry(**texts, target_type=short, target_id=short)
    (hold,) = AuditHold.objects.bulk_create([AuditHold(reason=long, tenant=short)])
    return Case(case.word, entry, case.book, gone, hold)


def pages_of(case: Case) -> list[str]:
    """The addresses of everything that shows the entries of a case."""
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
    return urls


def test_text_stays_text(world: tuple[Client, Case]) -> None:
    client, case = world
    urls = pages_of(with_texts(case, SHORT, LONG))
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


class Shown(HTMLParser):
    """The texts of a page that people see or hear, and nothing of what a form keeps."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts += [value or "" for name, value in attrs if name in {"title", "aria-label"}]

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is None:
            self.parts.append(data)


UNSEEN = "\u202e\u2066\u200e\u061c\u200b\ufeff\u00ad\u00a0\x07\U000e0041"


def test_what_nobody_sees_is_spelled_out_on_pages_and_exact_in_files(
    world: tuple[Client, Case],
) -> None:
    client, case = world
    spelled = 0
    for url in pages_of(with_texts(case, f"a{UNSEEN}b", f"c{UNSEEN}d")):
        response = client.get(url, headers={"accept": "text/html"})
        page = body(response)
        if not response["Content-Type"].startswith("text/html"):
            exact = UNSEEN in page or json.dumps(UNSEEN)[1:-1] in page
            assert exact or "U+202E" not in page, url
        # The browsable API shows what a program gets.
        elif "django-rest-framework" not in page and "/audithold/" not in url:
            parts = [part for part in Shown(page).parts if set(UNSEEN) & set(part)]
            # What the admin itself says of a key in an address that it does not find.
            assert [part for part in parts if "Perhaps it was deleted?" not in part] == [], url
            spelled += "[U+202E][U+2066][U+200E][U+061C][U+200B][U+FEFF][U+00AD]⍽[U+0007]" in page
    assert spelled > 12


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
