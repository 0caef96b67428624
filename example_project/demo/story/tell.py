"""The story from its first day to its last."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from example_project.demo.story import flows, licensing, tracker, workspaces
from example_project.demo.story.licensing.cast import PEOPLE
from example_project.demo.story.stage import DAYS, Stage
from example_project.licensing.models import Product


def is_told() -> bool:
    """Whether the systems have been used already, by the story or by people."""
    accounts = get_user_model()._default_manager
    return Product.objects.exists() or accounts.filter(username="admin").exists()


def tell() -> None:
    """Tell the whole story, which ends today; or, where something fails, nothing of it."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    people = (*PEOPLE, *tracker.PEOPLE, *workspaces.PEOPLE, *flows.PEOPLE)
    stage = Stage(today - timedelta(days=DAYS), seed=20110524, people=people)
    for system in (licensing, tracker, workspaces, flows):
        system.plan(stage)
    with transaction.atomic():
        stage.play()
