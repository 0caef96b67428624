"""The browsable API, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

from audit_log.models import AuditEntry
from tests.browser.conftest import Shoot, has_value, log_in, seen
from tests.browser.csp import POLICY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page
    from pytest_django.live_server_helper import LiveServer

    from tests.testapp.models import Book

pytestmark = pytest.mark.browser

ENTRIES = "/api/audit-log/entries/"


# Of Django REST framework's own: two attributes, and Pygments' colours.
INLINE_STYLE = "Applying inline style violates the following Content Security Policy directive"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser window; nothing goes wrong in its pages but what is not the log's."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert not [one for one in complaints if not one.startswith((INLINE_STYLE, "Failed to load"))]


@pytest.fixture
def base(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(APIView, "authentication_classes", [SessionAuthentication])
    return str(live_server.url)


def open_filters(page: Page) -> Locator:
    # The scripts stand at the end of the page.
    page.wait_for_load_state("load")
    page.get_by_role("button", name="Filters").click()
    # Bootstrap leaves it hidden from assistive technology, whatever is to be seen.
    form = page.locator("#filtersModal")
    seen(form.get_by_label("Event type"))
    return form


def test_filtering_and_paging(page: Page, base: str, shop: Book, shoot: Shoot) -> None:
    log_in(page, base)
    response = page.goto(f"{base}{ENTRIES}?page_size=5")
    assert response is not None
    assert response.headers["content-security-policy"] == POLICY
    seen(page.get_by_role("heading", name="Entry List"))
    shoot(page, "rest-list")
    page.get_by_role("link", name=f"{ENTRIES}?page=2").click()
    seen(page.get_by_text('"page": 2'))

    form = open_filters(page)
    shoot(page, "rest-filters")
    form.get_by_label("Event type").select_option("delete")
    form.get_by_label("From").fill("2026-01-01")
    form.get_by_text("Submit").click()
    page.wait_for_url("**event_type=delete**")
    seen(page.get_by_text('"page": 1'))
    text = page.locator(".response-info").inner_text()
    kinds = re.findall(r'"event_type": "(\w+)"', text)
    assert set(kinds) == {"delete"}
    assert f'"count": {len(kinds)},' in text
    has_value(open_filters(page).get_by_label("From"), "2026-01-01")


def test_what_is_wrong_and_one_entry(page: Page, base: str, shop: Book, shoot: Shoot) -> None:
    log_in(page, base)
    page.goto(f"{base}{ENTRIES}?actor=ann")
    seen(page.get_by_text("HTTP 400 Bad Request"))
    seen(page.get_by_text("is no key of a user"))
    shoot(page, "rest-wrong")
    entry = AuditEntry.objects.filter(action="book.update").first()
    assert entry is not None
    page.goto(f"{base}{ENTRIES}{entry.pk}/")
    seen(page.get_by_text("HTTP 200 OK"))
    seen(page.get_by_text('"sentence": "Ann Smith changed book Middlemarch"'))
    shoot(page, "rest-entry")
