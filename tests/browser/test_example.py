"""A person in the example project: finds the way, and what happened at the bottom of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from example_project import settings as example
from example_project.demo.story import PASSWORD, tell
from tests.browser.conftest import SIZES, Shoot, seen

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.urls("example_project.urls")]


@pytest.fixture
def base(live_server: LiveServer, transactional_db: None, settings: Any) -> str:
    """The server's address, with eight weeks behind it."""
    settings.AUDIT_LOG = example.AUDIT_LOG
    settings.LOGIN_REDIRECT_URL = example.LOGIN_REDIRECT_URL
    tell()
    return str(live_server.url)


def log_in(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def fits(page: Page) -> None:
    """Nothing is wider than the window, narrow or wide."""
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    page.set_viewport_size({"width": 1280, "height": 900})


def test_who_revoked_the_key_that_was_on_the_web(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(base)
    seen(page.get_by_text("wanda", exact=True))
    fits(page)
    shoot(page, "example-home")
    page.get_by_role("link", name="An API key that was revoked").click()
    log_in(page, "wanda")
    seen(page.get_by_role("heading", name="Time sheets").get_by_text("revoked"))
    history = page.get_by_role("region", name="History")
    row = history.get_by_role("row", name="revoked API key")
    address = row.get_by_text("keiko.mori@brightside.example")
    seen(address)
    seen(row.get_by_text("found on the web"))
    fits(page)
    shoot(page, "example-api-key")
    # The address of who did it stands in one line, where there is room.
    box = address.bounding_box()
    assert box is not None
    assert box["height"] < 30


def test_a_new_key_is_shown_this_once(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/workspaces/brightside/settings/api-keys/add/")
    log_in(page, "wanda")
    page.get_by_label("Name").fill("Reports")
    page.get_by_label("Reason").fill("for the quarter")
    page.get_by_role("button", name="Save").click()
    seen(page.get_by_role("heading", name="The new key"))
    key = page.locator("code").inner_text()
    assert key.startswith("wk_")
    shoot(page, "example-new-key")
    page.get_by_role("link", name="Done").click()
    seen(page.get_by_role("region", name="History").get_by_text("for the quarter"))
    assert key not in page.content()


def test_flow_is_stopped_for_a_reason(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/flows/harbor/")
    seen(page.get_by_role("heading", name="Harbor Foods"))
    log_in(page, "finn")
    page.get_by_role("link", name="Orders to the sheet", exact=True).click()
    page.get_by_label("Reason").fill("the shop is closed today")
    page.get_by_role("button", name="Stop").click()
    seen(page.get_by_role("heading", name="Orders to the sheet").get_by_text("stopped"))
    row = page.get_by_role("region", name="History").get_by_role("row", name="stopped flow").first
    seen(row.get_by_text("the shop is closed today"))
    seen(row.get_by_text("finn.castle@harbor.example"))
    fits(page)
    shoot(page, "example-flow")


def test_somebody_else_s_workspace_is_not_there(page: Page, base: str) -> None:
    page.goto(f"{base}/login/")
    log_in(page, "nils")
    page.get_by_role("link", name="Team workspaces").click()
    seen(page.get_by_role("link", name="Northwind"))
    answer = page.goto(f"{base}/workspaces/brightside/settings/")
    assert answer is not None
    assert answer.status == 404


def test_get_audit_log(page: Page, base: str, shoot: Shoot) -> None:
    page.goto(f"{base}/tracker/administration/")
    log_in(page, "tess")
    shoot(page, "example-administration")
    with page.expect_download() as download:
        page.get_by_role("link", name="Get Audit Log").click()
    assert download.value.suggested_filename.endswith(".csv")
    # To the end: the server would read on while the tables are emptied.
    assert download.value.path().stat().st_size
