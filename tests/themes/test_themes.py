"""The log in the admin below other looks, each in a process of its own, where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.browser
@pytest.mark.sqlite
@pytest.mark.parametrize("theme", ["unfold", "jazzmin", "grappelli"])
def test_the_log_below(theme: str) -> None:
    if find_spec(theme) is None:
        if os.environ.get("AUDIT_LOG_THEMES") == "required":
            pytest.fail(f"needs the package django-{theme}")
        pytest.skip("needs the extra themes")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--ds=tests.themes.settings",
            "tests/themes/look.py",
        ],
        cwd=ROOT,
        env={**os.environ, "AUDIT_LOG_THEME": theme},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert "2 passed" in done.stdout
