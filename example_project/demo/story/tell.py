"""The story from its first day to its last."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from example_project.demo.story import beginning, everyday, incidents
from example_project.demo.story.beginning import PASSWORD
from example_project.demo.story.stage import DAYS, Stage
from example_project.licensing.models import Product

__all__ = ["PASSWORD", "is_told", "tell"]


def is_told() -> bool:
    """Whether the platform has been used already, by the story or by people."""
    accounts = get_user_model()._default_manager
    return Product.objects.exists() or accounts.filter(username="admin").exists()


def tell() -> None:
    """Tell the whole story, which ends today; or, where something fails, nothing of it."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    stage = Stage(start=today - timedelta(days=DAYS), seed=20110524)
    beginning.plan(stage)
    everyday.plan(stage)
    incidents.plan(stage)
    with transaction.atomic():
        stage.play()
