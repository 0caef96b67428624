from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.admin.conftest import make_user
from tests.browser.history import write_history

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from playwright.sync_api import Browser, Locator, Page, Response

    from tests.testapp.models import Book

Shoot = Callable[["Page", str], None]
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}


def seen(locator: Locator) -> None:
    """Wait until something is seen; a click may still be loading the page that it is on."""
    from playwright.sync_api import expect

    expect(locator).to_be_visible(timeout=15_000)


def has_value(locator: Locator, value: str | re.Pattern[str]) -> None:
    """Wait until a field of a form has a value."""
    from playwright.sync_api import expect

    expect(locator).to_have_value(value, timeout=15_000)


@pytest.fixture
def shop(person: User) -> Book:
    """A bookshop whose log has a history."""
    return write_history()


@pytest.fixture
def person(transactional_db: None) -> User:
    """Somebody who may do everything, with the password "secret"."""
    user = make_user("root", is_staff=True, is_superuser=True, first_name="Rita")
    user.set_password("secret")
    type(user).objects.filter(pk=user.pk).update(password=user.password)
    return user


def unprotected(response: Response) -> Iterator[str]:
    """Complain of a page without the strict policy: nothing that it holds would be found wrong."""
    is_page = response.request.resource_type == "document"
    if is_page and "content-security-policy" not in response.headers:
        yield f"no policy: {response.url}"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser window; what goes wrong in its pages fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    # Which pages answer with an error, the tests themselves say.
    page.on(
        "console",
        lambda message: (
            None
            if message.text.startswith("Failed to load resource")
            else complaints.append(message.text)
        ),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", lambda response: complaints.extend(unprotected(response)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
    assert not complaints


@pytest.fixture
def shoot(tmp_path: Path) -> Shoot:
    """Take pictures of a page, wide and narrow, light and dark."""
    directory = Path(os.environ.get("AUDIT_LOG_SCREENSHOTS", tmp_path))
    directory.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=directory / f"{name}-{size}-{scheme}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")

    return take


def log_in(page: Page, base: str, name: str = "root") -> None:
    page.goto(f"{base}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
