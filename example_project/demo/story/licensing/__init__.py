"""Eight weeks at a software vendor's: sales, support, a lost laptop, a fraud."""

from __future__ import annotations

from example_project.demo.story.licensing import beginning, everyday, incidents
from example_project.demo.story.stage import Stage


def plan(stage: Stage) -> None:
    """Plan the scenes."""
    beginning.plan(stage)
    everyday.plan(stage)
    incidents.plan(stage)
