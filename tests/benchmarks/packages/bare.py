"""Django alone."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from tests.benchmarks.packages.base import Package


class Bare(Package):
    name = "bare"

    def acting(self, user: Any) -> AbstractContextManager[Any]:
        return nullcontext()
