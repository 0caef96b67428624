"""Other admin sites than the default one."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from audit_log.models import AuditEntry, AuditReference
from tests.admin.conftest import entry_url, make_entry, text
from tests.testapp.models import Author

pytestmark = pytest.mark.urls("tests.admin.sites")


def links(page: str, to: str) -> list[str]:
    return re.findall(rf'(?:href|action)="([^"]*{to}[^"]*)"', page)


def test_all_links_stay_on_the_site(admin: Client) -> None:
    author = Author.objects.create(name="Eliot")
    entry = make_entry(
        target_type="testapp.author", target_id=str(author.pk), actor_id=7, correlation_id="c"
    )
    urls = [
        "/backoffice/audit_log/auditentry/",
        entry_url(entry).replace("/admin/", "/backoffice/"),
        f"/backoffice/testapp/author/{author.pk}/history/",
        f"/backoffice/testapp/author/{author.pk}/change/",
    ]
    for url in urls:
        found = links(text(admin.get(url)), "auditentry")
        assert len(found) > 1
        assert all(link.startswith("/backoffice/") for link in found)
    assert urls[3] in links(text(admin.get(urls[1])), "author/")


def test_a_site_without_the_audit_log_s_own_pages(admin: Client) -> None:
    author = Author.objects.create(name="Eliot")
    page = text(admin.get(f"/bare/testapp/author/{author.pk}/history/"))
    assert "Author created" in page
    assert links(page, "auditentry") == []


@pytest.mark.django_db(databases=["default", "other"])
def test_entries_in_a_database_of_their_own(admin: Client, settings) -> None:
    settings.AUDIT_LOG = {"DATABASE": "other"}
    entry = AuditEntry(
        event_type="update",
        action="author.update",
        target_type="testapp.author",
        target_id="7",
        target_repr="Elsewhere",
    )
    entry.save(using="other")
    reference = AuditReference(entry=entry, target_type="testapp.tag", target_id="8")
    reference.save(using="other")
    for url in (
        "/admin/audit_log/auditentry/?actor=",
        entry_url(entry),
        "/admin/testapp/author/7/history/",
        "/admin/testapp/tag/8/history/",
    ):
        assert "Elsewhere" in text(admin.get(url))
