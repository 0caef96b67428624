"""What tests may need beyond Python, and what happens where it is missing.

A developer's machine leaves such tests out and says so at the end of the run. With `CI=true` in
the environment they fail, so that nothing is left out unnoticed.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from tests import cleaning
from tests.settings import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

REFERENCE_DATA = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "linguist-languages.jsonl.gz"
)
REFERENCE_SYSTEMS = Path(__file__).resolve().parents[2] / "shared" / "reference-systems.md"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DATABASE_MARKERS = {"sqlite", "postgres", "mariadb"}


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def missing_reference_data() -> str | None:
    return None if REFERENCE_DATA.exists() else f"needs the file {REFERENCE_DATA}"


def missing_reference_systems() -> str | None:
    return None if REFERENCE_SYSTEMS.exists() else f"needs the file {REFERENCE_SYSTEMS}"


def missing_browser() -> str | None:
    if find_spec("playwright") is None:
        return "needs the package playwright"
    return None if find_browser() else f"needs one of the browsers {', '.join(BROWSERS)}"


def missing_curl() -> str | None:
    return None if shutil.which("curl") else "needs the program curl"


NEEDS = {
    "curl": missing_curl,
    "reference_data": missing_reference_data,
    "reference_systems": missing_reference_systems,
    "browser": missing_browser,
}


def pytest_configure(config: pytest.Config) -> None:
    cleaning.install()
    for line in (
        "sqlite: runs only on SQLite",
        "postgres: runs only on PostgreSQL (AUDIT_LOG_TEST_DATABASE=postgres)",
        "mariadb: runs only on MariaDB (AUDIT_LOG_TEST_DATABASE=mariadb)",
        "browser: needs Playwright and Chromium",
        "curl: needs the program curl",
        "reference_data: needs the recorded history of a real registry",
        "pgbouncer: needs the program pgbouncer",
        "reference_systems: needs the tables of the systems that the example was modelled on",
    ):
        config.addinivalue_line("markers", line)


def pytest_sessionstart() -> None:
    """Stop at once where the chosen server cannot be reached: nothing could pass."""
    if DATABASE == "sqlite":
        return
    chosen = connections["default"]
    # Without a database's name: the test database is not there yet.
    probe = type(chosen)({**chosen.settings_dict, "NAME": None}, alias="probe")
    try:
        probe.get_new_connection(probe.get_connection_params()).close()
    except probe.Database.Error as error:
        pytest.exit(f"{DATABASE} cannot be reached: {error}", returncode=1)


def pytest_runtest_setup(item: pytest.Item) -> None:
    names = {mark.name for mark in item.iter_markers()}
    databases = names & DATABASE_MARKERS
    if databases and DATABASE not in databases:
        # Another run's work, also in CI, where every database has its run.
        pytest.skip(f"runs only on {' or '.join(sorted(databases))}")
    for name in sorted(names & NEEDS.keys()):
        if reason := NEEDS[name]():
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in sorted(reasons.items()):
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"left out: {tests}: {reason}", yellow=True)


@pytest.fixture(scope="session")
def reference_data_path() -> Path:
    """The recorded history (JSON lines, gzip); use with `@pytest.mark.reference_data`."""
    return REFERENCE_DATA


@pytest.fixture(scope="session")
def browser_executable() -> str:
    """Path of the installed Chromium; use with `@pytest.mark.browser`."""
    executable = find_browser()
    assert executable is not None
    return executable


@pytest.fixture(scope="module")
def chromium(browser_executable: str) -> Iterator[Browser]:
    """A headless browser; use with `@pytest.mark.browser`, in modules of browser tests only.

    Playwright's event loop counts as running in this thread for as long as the browser lives, and
    Django refuses its ORM beside a running loop. The tests are synchronous all the same, so the
    check is off for just that long.
    """
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=browser_executable,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()
