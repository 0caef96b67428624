"""Which pictures the docs show, and how they become small."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.states import STATES

if TYPE_CHECKING:
    from playwright.sync_api import Page

MAX_BYTES = 120_000
MAX_HEIGHT = 1500


@dataclass(frozen=True)
class Picture:
    """A state, and how one looks at it."""

    state: str
    variant: str = ""
    scheme: str = "light"
    language: str = "en"
    width: int = 1280

    @property
    def name(self) -> str:
        return "-".join(filter(None, [self.state, self.variant])) + ".png"

    def take(self, page: Page, directory: Path) -> Path:
        """Write the file, in few colours, which is what pages have."""
        from PIL import Image

        height = min(page.evaluate("document.documentElement.scrollHeight"), MAX_HEIGHT)
        clip = {"x": 0, "y": 0, "width": self.width, "height": height}
        taken = page.screenshot(full_page=True, clip=clip, animations="disabled")
        path = directory / self.name
        image = Image.open(io.BytesIO(taken)).convert("RGB")
        # By the colours there are, not by how often: a badge is small.
        colours = {"method": Image.Quantize.MAXCOVERAGE, "dither": Image.Dither.NONE}
        image.quantize(128, **colours).save(path, optimize=True)
        return path


PICTURES = [
    *(Picture(state.name) for state in STATES),
    *(
        Picture(state, "dark", scheme="dark")
        for state in ("admin-list", "pages-list", "pages-entry", "panel")
    ),
    *(
        Picture(state, "phone", width=360)
        for state in ("admin-list", "admin-entry", "pages-list", "pages-as-of", "panel")
    ),
    *(
        Picture(state, "right-to-left", language="ar")
        for state in ("admin-list", "admin-entry", "pages-list", "pages-as-of")
    ),
]
