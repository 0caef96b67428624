"""A person places and releases a hold in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit_log.models import AuditEntry, AuditHold
from tests.browser.conftest import Shoot, log_in, seen

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from tests.testapp.models import Book

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.urls")]


@pytest.fixture(autouse=True)
def a_year(settings) -> None:
    settings.AUDIT_LOG = {"RETENTION": 365}


def test_from_an_entry_to_a_hold_and_back(
    page: Page, live_server: LiveServer, person: User, shop: Book, shoot: Shoot
) -> None:
    log_in(page, live_server.url)
    entry = AuditEntry.objects.filter(target_type="testapp.book").first()
    entry_page = f"{live_server.url}/admin/audit_log/auditentry/{entry.pk}/change/"
    page.goto(f"{live_server.url}/admin/audit_log/auditentry/")
    seen(page.get_by_role("link", name="Get what expires soon"))
    shoot(page, "expires-soon")
    page.goto(entry_page)
    shoot(page, "entry-kept-until")
    page.get_by_role("link", name="Hold all entries of this object").click()
    page.get_by_label("Reason").fill("Case 2026-17: the publisher's letter of March 3")
    shoot(page, "hold-add")
    page.get_by_role("button", name="Save", exact=True).click()
    seen(page.get_by_text("was added successfully"))
    page.get_by_role("link", name="Case 2026-17").last.click()
    shoot(page, "hold")

    page.goto(entry_page)
    seen(page.get_by_text("released from a hold"))
    page.go_back()
    page.get_by_role("link", name="Entries that it holds").click()
    seen(page.get_by_text("Page 1 of"))
    page.go_back()
    page.get_by_role("link", name="Release").click()
    shoot(page, "hold-release")
    page.get_by_role("button", name="Release").click()
    seen(page.get_by_text("is released"))
    assert AuditHold.objects.get().released_by == "Rita <root@example.com>"
    shoot(page, "hold-released")
