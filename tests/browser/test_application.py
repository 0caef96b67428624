"""A person reads the log inside the example's own pages."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from example_project import settings as example
from example_project.demo.story import tell
from example_project.flows.models import Flow
from tests.browser.conftest import Shoot, has_value, seen
from tests.browser.test_example import fits, log_in

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.urls("example_project.urls")]


@pytest.fixture
def base(live_server: LiveServer, transactional_db: None, settings: Any) -> str:
    """The server's address, with eight weeks behind it."""
    settings.AUDIT_LOG = example.AUDIT_LOG
    settings.LOGIN_URL = example.LOGIN_URL
    settings.LOGIN_REDIRECT_URL = example.LOGIN_REDIRECT_URL
    settings.TEMPLATES = example.TEMPLATES
    tell()
    return str(live_server.url)


def test_who_revoked_a_key_last_week(page: Page, base: str, shoot: Shoot, tmp_path: Path) -> None:
    page.goto(f"{base}/workspaces/brightside/settings/")
    log_in(page, "wanda")
    page.get_by_role("link", name="Audit", exact=True).click()
    seen(page.get_by_role("heading", name="Audit log"))
    seen(page.get_by_text("Page 1 of"))
    fits(page)
    shoot(page, "application-list")

    page.get_by_label("From").fill((timezone.localdate() - timedelta(days=7)).isoformat())
    page.get_by_label("Action", exact=True).select_option(label="API key revoked")
    page.get_by_role("button", name="Filter", exact=True).click()
    row = page.get_by_role("row", name="revoked API key Time sheets")
    seen(row.get_by_text("Keiko Mori", exact=True).first)
    seen(row.get_by_text("found on the web"))
    shoot(page, "application-one")

    with page.expect_download() as download:
        page.get_by_role("link", name="Get audit log").click()
    file = tmp_path / "log.csv"
    download.value.save_as(file)
    with file.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {one["action"] for one in rows} == {"api_key.revoke"}
    assert {one["tenant"] for one in rows} == {"workspaces:brightside"}

    row.get_by_role("link", name="Details").click()
    seen(page.get_by_role("heading", name="Keiko Mori revoked API key Time sheets"))
    changes = page.get_by_role("region", name="Changes")
    seen(changes.get_by_role("row", name="Revoked no yes"))
    seen(page.get_by_role("heading", name="Old values"))
    seen(page.get_by_text('"is_revoked": false'))
    seen(page.get_by_text('"is_revoked": true'))
    fits(page)
    shoot(page, "application-entry")
    page.get_by_role("link", name="The object as it was then").click()
    state = page.get_by_role("region", name="As it was")
    seen(state.get_by_role("row", name="revoked yes"))
    fits(page)
    shoot(page, "application-object")


def test_which_application_was_deleted_and_by_whom(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/audit-log/")
    log_in(page, "tess")
    page.get_by_label("Event type").select_option("delete")
    page.get_by_label("Target type").select_option(label="Application")
    page.get_by_role("button", name="Filter", exact=True).click()
    row = page.get_by_role("row", name="deleted application Telex")
    seen(row.get_by_text("Ulf", exact=False).first)
    seen(row.get_by_text("nobody has used it for a year"))
    fits(page)
    shoot(page, "application-deleted")
    # What else that request did.
    row.get_by_role("link", name="All entries with the same correlation ID").click()
    seen(page.get_by_role("row", name="deleted application Telex"))
    page.get_by_role("row", name="deleted application Telex").get_by_role(
        "link", name="Details"
    ).click()
    seen(page.get_by_role("region", name="Changes").get_by_role("row", name="Name Telex"))
    page.get_by_role("link", name="History of this object").click()
    history = page.get_by_role("region", name="History")
    seen(history.get_by_role("row", name="created application Telex"))
    history.get_by_label("As of").fill((timezone.localdate() - timedelta(days=20)).isoformat())
    history.get_by_role("button", name="Show").click()
    seen(history.get_by_role("region", name="As it was").get_by_role("row", name="Name Telex"))
    fits(page)


def test_from_a_bar_to_its_day_and_to_its_hour(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/audit-log/")
    log_in(page, "admin")
    highest = page.locator(".audit-log-bars a").first
    day = str(highest.locator("title").text_content())
    highest.click()
    has_value(page.get_by_label("From"), day.partition(":")[0])
    has_value(page.get_by_label("Until"), day.partition(":")[0])
    seen(page.get_by_role("status").get_by_text(day.partition(": ")[2]))
    fits(page)
    shoot(page, "application-day")
    # The same without a mouse.
    page.get_by_text("As a table").focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Entries by hour")
    hour = table.get_by_role("link").first
    number = table.get_by_role("row").nth(1).get_by_role("cell").inner_text()
    hour.focus()
    page.keyboard.press("Enter")
    seen(page.get_by_role("status").get_by_text(number))
    # One hour has nothing to be compared with.
    assert page.locator(".audit-log-bars").count() == 0


def test_somebody_else_s_log_is_not_there(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/audit-log/")
    log_in(page, "wanda")
    url = page.get_by_role("link", name="Details").first.get_attribute("href")
    page.get_by_role("button", name="Log out").click()
    page.goto(base + str(url))
    log_in(page, "nils")
    answer = page.goto(base + str(url))
    assert answer is not None
    assert answer.status == 404
    answer = page.goto(f"{base}/workspaces/brightside/settings/audit-log/")
    assert answer is not None
    assert answer.status == 404
    shoot(page, "application-missing")


def test_filters_that_find_nothing_and_that_are_wrong(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/audit-log/?search=nowhere")
    log_in(page, "wanda")
    seen(page.get_by_text("No entry matches these filters."))
    shoot(page, "application-nothing")
    page.get_by_role("link", name="Reset").click()
    has_value(page.get_by_label("Search"), "")
    page.goto(f"{base}/audit-log/?occurred_after=yesterday&actor=nobody&target_type=tome")
    seen(page.get_by_role("alert").get_by_text("From, Target type, Actor"))
    fits(page)
    shoot(page, "application-wrong")


def test_an_object_by_its_key_alone(page: Page, base: str) -> None:
    page.goto(f"{base}/flows/harbor/audit-log/")
    log_in(page, "finn")
    key = str(Flow.objects.get(tenant__slug="harbor", name="Orders to the sheet").pk)
    page.get_by_label("Target type").select_option("flows.flow")
    page.get_by_label("Object").fill(key)
    page.get_by_role("button", name="Filter", exact=True).click()
    has_value(page.get_by_label("Object"), f"flows.flow:{key}")
    # What refers to the flow is of other types.
    has_value(page.get_by_label("Target type"), "")
    seen(page.get_by_role("row", name="started flow Orders to the sheet").first)


def test_what_a_license_looked_like_on_the_first(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/licensing/licenses/")
    log_in(page, "mara")
    page.get_by_role("link", name="L-3001").first.click()
    history = page.get_by_role("region", name="History")
    history.get_by_label("As of").fill(timezone.localdate().replace(day=1).isoformat())
    history.get_by_role("button", name="Show").click()
    state = history.get_by_role("region", name="As it was")
    seen(state.get_by_role("row", name="L-3001"))
    fits(page)
    shoot(page, "application-license")


def test_who_may_not(page: Page, base: str, settings: Any, shoot: Shoot) -> None:
    settings.AUDIT_LOG = {}
    page.goto(f"{base}/audit-log/")
    log_in(page, "wanda")
    seen(page.get_by_text("You may not read this audit log."))
    shoot(page, "application-denied")
