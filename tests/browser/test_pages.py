"""A person reads the audit log in a browser."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Shoot, has_value, log_in, seen

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

    from tests.testapp.models import Book

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.urls")]
LIST = "/admin/audit_log/auditentry/"


@pytest.fixture
def base(live_server: LiveServer, person: User, shop: Book, page: Page) -> str:
    """The server's address, for somebody who has logged in."""
    log_in(page, live_server.url)
    return str(live_server.url)


def test_from_the_list_to_an_entry_and_to_the_file(
    page: Page, base: str, shoot: Shoot, tmp_path: Path
) -> None:
    page.goto(f"{base}/admin/")
    page.get_by_role("link", name="Audit log").last.click()
    seen(page.get_by_text("Page 1 of 4"))
    shoot(page, "list")

    page.get_by_role("link", name="Next").click()
    seen(page.get_by_text("Page 2 of 4"))

    page.get_by_label("Search").fill("middlemarch")
    page.get_by_label("From").fill("2020-01-01")
    page.get_by_label("Event type").select_option("update")
    page.get_by_label("Action", exact=True).select_option("book.update")
    page.get_by_label("Target type").select_option("testapp.book")
    page.get_by_label("Actor", exact=True).fill("ann@example.com")
    page.get_by_role("button", name="Filter", exact=True).click()
    # The address has become the key, beside which is the name.
    has_value(page.get_by_label("Actor", exact=True), re.compile(r"\d+"))
    seen(page.get_by_role("search").get_by_text("Ann Smith"))
    seen(page.get_by_text("17 entries"))
    shoot(page, "filtered")

    with page.expect_download() as download:
        page.get_by_role("link", name="Get audit log").click()
    file = tmp_path / "log.csv"
    download.value.save_as(file)
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 17
    assert {row["actor_repr"] for row in rows} == {"Ann Smith <ann@example.com>"}

    page.locator("tr", has_text="Title, Author").get_by_role("link", name="Details").click()
    diff = page.get_by_role("table")
    seen(diff.get_by_text("Middlemarch, A Study[U+202E] of Provincial Life"))
    seen(page.get_by_role("heading", name="Old values"))
    shoot(page, "entry")
    page.get_by_role("link", name="All entries of this object", exact=True).click()
    seen(page.get_by_text("20 entries"))
    has_value(page.get_by_label("Object"), re.compile(r"testapp\.book:.*"))

    page.get_by_role("link", name="Reset").click()
    page.wait_for_url(base + LIST)
    page.get_by_role("link", name="Reload").click()
    page.wait_for_url(base + LIST)


def test_wrong_filters_are_marked(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}{LIST}?occurred_after=yesterday&actor=nobody&target_type=tome")
    seen(page.get_by_role("alert").get_by_text("From, Target type, Actor"))
    has_value(page.get_by_label("From"), "yesterday")
    shoot(page, "wrong")
    page.goto(f"{base}{LIST}?search=nowhere")
    seen(page.get_by_text("No entry matches these filters."))
    shoot(page, "nothing")


def test_the_history_of_what_was_deleted(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/admin/testapp/book/4711/history/")
    seen(page.get_by_text("This object no longer exists."))
    page.get_by_text("Title, Price, Pages").click()
    seen(page.get_by_role("cell", name="480"))
    shoot(page, "deleted")
    page.get_by_role("link", name="Details").click()
    seen(page.get_by_role("heading", name="Carla Núñez deleted book Felix Holt"))


def test_the_panel_on_a_page_of_the_project(
    page: Page, base: str, shop: Book, shoot: Shoot
) -> None:
    page.goto(f"{base}/books/{shop.pk}/")
    panel = page.get_by_role("region", name="History")
    changed = panel.locator("summary", has_text="Author: ").first
    seen(changed.get_by_text("George Eliot"))
    changed.click()
    opened = panel.locator("details[open]")
    seen(opened.get_by_text(f"George Eliot ({shop.author_id})"))
    shoot(page, "panel")
    panel.get_by_role("link", name="Older").click()
    seen(page.get_by_role("region", name="History").get_by_text("Page 2 of 4"))
    seen(page.get_by_role("region", name="George Eliot").get_by_text("Page 1 of 1"))


def test_the_panel_on_the_change_page(page: Page, base: str, shop: Book, shoot: Shoot) -> None:
    page.goto(f"{base}/admin/testapp/book/{shop.pk}/change/")
    seen(page.get_by_role("region", name="History"))
    shoot(page, "change")


def test_right_to_left(page: Page, base: str, settings, shoot: Shoot) -> None:
    settings.LANGUAGE_CODE = "ar"
    page.goto(base + LIST)
    assert page.locator("html").get_attribute("dir") == "rtl"
    shoot(page, "right-to-left")
    page.locator(".audit-log-open a").last.click()
    shoot(page, "right-to-left-entry")
