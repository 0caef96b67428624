"""The admin's pages below another look; run by `test_themes.py` in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.states import STATES
from tests.browser.test_states import base
from tests.themes.settings import THEME

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["base"]
pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.themes.urls")]
OURS = [".audit-log-filters", ".audit-log-list", ".audit-log-entry", ".audit-log-history"]
ADMIN = [state for state in STATES if state.name.startswith("admin-") and state.status != 404]


@pytest.mark.parametrize("width", [1280, 360])
def test_the_look(base: str, chromium: Browser, tmp_path: Path, width: int) -> None:
    directory = Path(os.environ.get("AUDIT_LOG_PICTURES") or tmp_path)
    directory.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    findings = []
    for state in ADMIN:
        page = state.visit(context, base)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=directory / f"{THEME}-{state.name}-{width}.png", full_page=True)
        findings += [f"{state.name}: {found}" for found in faults(page)]
    context.close()
    assert not findings, "\n".join(findings)


def faults(page: Page) -> list[str]:
    """What is serious to axe-core, and what is cut off or wider than the window, of ours."""
    there = [one for one in OURS if page.locator(one).count()]
    if not there:
        return []
    # The colours of texts and links are the other look's.
    rules = {"color-contrast": {"enabled": False}}
    options = {"resultTypes": ["violations"], "preload": False, "rules": rules}
    results = Axe().run(page, {"include": [[one] for one in there]}, options)
    found = [
        f"{one['id']}: {node['html'][:160]}"
        for one in results.response["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
    for one in there:
        box = page.locator(one).first.bounding_box()
        size = page.viewport_size
        assert box is not None
        assert size is not None
        if box["x"] < 0 or box["x"] + box["width"] > size["width"]:
            found.append(f"{one} is at {box}")
    cut = page.locator(", ".join(f"{one} :is(button, .button)" for one in there))
    found += [
        f"cut off: {one.inner_text()}"
        for one in cut.all()
        if one.is_visible() and one.evaluate("one => one.scrollWidth > one.clientWidth + 1")
    ]
    return found
