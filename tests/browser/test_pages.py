"""A person reads the audit log in a browser."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Shoot, log_in

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from tests.testapp.models import Book

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.browser.urls"),
]
LIST = "/admin/audit_log/auditentry/"


def test_look(page: Page, live_server: LiveServer, person: User, shop: Book, shoot: Shoot) -> None:
    log_in(page, live_server.url)
    page.goto(live_server.url + LIST)
    shoot(page, "list")
    page.goto(f"{live_server.url}{LIST}?search=middlemarch&event_type=update&occurred_after=2020-01-01&actor=2")
    shoot(page, "filtered")
    page.goto(f"{live_server.url}{LIST}?occurred_after=yesterday&actor=nobody&target_type=x&page=2")
    shoot(page, "wrong")
    page.goto(f"{live_server.url}{LIST}?search=proof-reader")
    page.get_by_role("link", name="Details").first.click()
    shoot(page, "entry")
    page.goto(f"{live_server.url}/books/{shop.pk}/")
    page.locator("summary").nth(1).click()
    shoot(page, "panel")
    page.goto(f"{live_server.url}/admin/testapp/book/4711/history/")
    page.locator("summary").first.click()
    shoot(page, "deleted")
    page.goto(f"{live_server.url}/admin/testapp/book/{shop.pk}/change/")
    shoot(page, "change")
