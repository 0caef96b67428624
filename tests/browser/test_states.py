"""Every page in each of its states: for everybody, on every screen, in every direction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import django
import pytest

from example_project import settings as example
from example_project.demo.story import tell
from tests.browser.states import STATES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.urls("example_project.urls")]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 900}


@pytest.fixture
def base(live_server: LiveServer, transactional_db: None, settings: Any) -> str:
    """The server's address, with eight weeks behind it, below a strict policy."""
    settings.AUDIT_LOG = example.AUDIT_LOG
    settings.LOGIN_URL = example.LOGIN_URL
    settings.TEMPLATES = example.TEMPLATES
    tell()
    return str(live_server.url)


Window = Callable[..., "BrowserContext"]


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    """A browser window of a size and a colour scheme, whose pages may complain of nothing."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(size: dict[str, int], scheme: str = "light") -> BrowserContext:
        context = chromium.new_context(viewport=size, color_scheme=scheme, locale="en-GB")
        page = context.new_page()
        page.on("console", lambda message: complain(message.text, page))
        page.on("pageerror", lambda error: complain(str(error), page))
        page.set_default_timeout(15_000)
        opened.append(context)
        return context

    def complain(text: str, page: Page) -> None:
        # Before Django 6.1 the admin's own forms did not work below a strict policy.
        is_djangos = django.VERSION < (6, 1) and re.search(
            r"/admin/(licensing/|audit_log/audithold/).*change/", page.url
        )
        # That a page answers with an error, its state says.
        if not (is_djangos or text.startswith("Failed to load resource")):
            complaints.append(f"{page.url}: {text}")

    yield open_window
    for context in opened:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_out(base: str, window: Window, scheme: str) -> None:
    """No finding of axe-core that is serious or worse."""
    from axe_playwright_python.sync_playwright import Axe

    context = window(DESK, scheme)
    findings = []
    for state in STATES:
        # The admin's own forms and ways back are Django's.
        results = Axe().run(
            state.visit(context, base), {"exclude": [[".select2-container"], [".breadcrumbs"]]}
        )
        findings += [
            f"{state.name}: {found['id']}: {node['html'][:160]} {node['failureSummary'][:400]}"
            for found in results.response["violations"]
            if found["impact"] in {"serious", "critical"}
            for node in found["nodes"]
        ]
    assert not findings, "\n\n".join(findings)


@pytest.mark.parametrize("language", ["en", "ar", "he", "de", "ru"])
def test_nothing_is_wider_than_a_phone(
    base: str, window: Window, settings: Any, language: str
) -> None:
    settings.LANGUAGE_CODE = language
    context = window(PHONE)
    for state in STATES:
        page = state.visit(context, base)
        direction = page.evaluate("getComputedStyle(document.documentElement).direction")
        assert direction == ("rtl" if language in {"ar", "he"} else "ltr"), state.name
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{state.name}: {wide}"


# Bars of the chart have a table beside them, whose links are the same.
TABBABLE = """() => {
    const ours = "div.audit-log-page, .audit-log-page #content-main, .audit-log-history";
    const links = "a[href]:not([tabindex='-1'])";
    const wanted = `${links}, button, input:not([type=hidden]), select, summary, [tabindex='0']`;
    const all = [...document.querySelectorAll(ours)];
    const seen = new Set(all.flatMap((one) => [...one.querySelectorAll(wanted)]));
    const visible = [...seen].filter((one) => one.checkVisibility());
    visible.forEach((one, number) => { one.dataset.order = number; });
    return visible.length;
}"""
# Which of them has the focus, and whether one sees it: by an outline, a shadow, or its border.
FOCUSED = """() => {
    const one = document.activeElement;
    if (one === null || one.dataset.order === undefined) return null;
    const look = (style) => [style.boxShadow, style.borderColor, style.backgroundColor];
    const style = getComputedStyle(one);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    const focused = look(style).join();
    const told = {order: Number(one.dataset.order), html: one.outerHTML, shown: outlined};
    if (!outlined && !one.dataset.known) {
        one.blur();
        told.shown = look(getComputedStyle(one)).join() !== focused;
        one.focus({focusVisible: true});
    }
    one.dataset.known = "yes";
    return told;
}"""


def test_everything_is_reached_by_keys(base: str, window: Window) -> None:
    """In the order of the page, and always with a sign of where one is."""
    context = window(DESK)
    for state in STATES:
        page = state.visit(context, base)
        count = page.evaluate(TABBABLE)
        order = []
        # Before it are the host's own links, and a date has several fields.
        for _ in range(2 * count + 250):
            page.keyboard.press("Tab")
            focused = page.evaluate(FOCUSED)
            if focused is None or focused["order"] in order:
                continue
            assert focused["shown"], f"{state.name}: {focused['html'][:200]}"
            order.append(focused["order"])
            if len(order) == count:
                break
        # It begins where something was clicked on.
        start = order.index(0) if order else 0
        assert order[start:] + order[:start] == list(range(count)), state.name
