"""System checks."""

from __future__ import annotations


def install() -> None:
    """Register the checks."""
