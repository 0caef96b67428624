"""Pictures of every page in its states, as the docs show them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.browser.pictures import MAX_BYTES, PICTURES
from tests.browser.states import STATES
from tests.browser.test_states import Window, base, window
from tests.screenshots import VARIABLE

__all__ = ["base", "window"]
pytestmark = [pytest.mark.browser, pytest.mark.urls("example_project.urls")]


def test_pictures(base: str, window: Window, settings: Any, tmp_path: Path) -> None:
    directory = Path(os.environ.get(VARIABLE) or tmp_path)
    directory.mkdir(parents=True, exist_ok=True)
    states = {state.name: state for state in STATES}
    for picture in PICTURES:
        settings.LANGUAGE_CODE = picture.language
        context = window({"width": picture.width, "height": 900}, picture.scheme)
        path = picture.take(states[picture.state].visit(context, base), directory)
        assert path.stat().st_size < MAX_BYTES, path
        context.close()
