"""The hearing side: what the ORM does, told to the journal."""

from __future__ import annotations


def install() -> None:
    """Connect every hook; harmless when called twice."""
