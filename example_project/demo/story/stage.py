"""Where the story is played: scenes in the order of their days, each under its own context."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model

import audit_log
from example_project.demo.story.cast import PEOPLE
from example_project.licensing import models
from example_project.pages.exceptions import Refused

DAYS = 56
ADDRESSES = {person.username: person.addresses for person in PEOPLE}


@dataclass(order=True)
class Scene:
    """Something that somebody (by user name; another name is a system's) does on some day."""

    day: float
    number: int
    who: str = field(compare=False)
    reason: str = field(compare=False)
    act: Callable[[], Any] = field(compare=False)
    ticket: str = field(compare=False, default="")


class Stage:
    """Collects scenes and plays them; what they need is looked up when they are played."""

    def __init__(self, start: datetime, seed: int) -> None:
        self.start = start
        self.random = random.Random(seed)  # noqa: S311 (nothing here is secret)
        self.now = start
        self.scenes: list[Scene] = []
        self.shifts: dict[float, float] = {}

    def scene(
        self, day: float, who: str, act: Callable[[], Any], reason: str = "", ticket: str = ""
    ) -> None:
        """Plan a scene for a day, counted from the beginning; 3.5 is noon of the fourth.

        People are at work by day, earlier on some days than on others, so theirs move there;
        systems never sleep.
        """
        if who in ADDRESSES:
            date, part = divmod(day, 1)
            shift = self.shifts.setdefault(date, self.random.uniform(-2, 2))
            day = date + (9 + part * 7 + shift) / 24
        self.scenes.append(Scene(day, len(self.scenes), who, reason, act, ticket))

    def play(self) -> None:
        """Do it all, in order of time."""
        accounts = get_user_model()._default_manager
        for scene in sorted(self.scenes):
            minutes = self.random.randrange(60)
            self.now = max(self.now, self.start + timedelta(days=scene.day, minutes=minutes))
            person = accounts.filter(username=scene.who).first()
            context: dict[str, Any] = {
                "actor": person or scene.who,
                "reason": scene.reason,
                "correlation_id": f"{self.random.getrandbits(128):032x}",
                "occurred_at": self.now,
            }
            if scene.who in ADDRESSES:
                context["remote_addr"] = self.random.choice(ADDRESSES[scene.who])
            if scene.ticket:
                context["ticket"] = scene.ticket
            with audit_log.context(**context):
                try:
                    scene.act()
                except Refused:
                    # The platform said no and told the log.
                    continue

    def key(self) -> str:
        """A license key that is the same in every telling."""
        return "-".join(f"{self.random.getrandbits(16):04X}" for _group in range(4))

    def license(self, number: str) -> models.License:
        return models.License.objects.get(number=number)

    def device(self, hostname: str) -> models.Device:
        return models.Device.objects.get(hostname=hostname)

    def customer(self, name: str) -> models.Customer:
        return models.Customer.objects.get(company_name=name)

    def product(self, code: str) -> models.Product:
        return models.Product.objects.get(code=code)

    def order(self, number: str) -> models.Order:
        return models.Order.objects.get(number=number)

    def template(self, name: str) -> models.PermissionTemplate:
        return models.PermissionTemplate.objects.get(name=name)

    def platform_user(self, username: str) -> models.PlatformUser:
        return models.PlatformUser.objects.get(user__username=username)

    def end_user(self, full_name: str) -> models.EndUser:
        return models.EndUser.objects.get(full_name=full_name)

    def field(self, number: str, name: str) -> models.LicenseCustomField:
        return models.LicenseCustomField.objects.get(license__number=number, name=name)


def change(obj: Any, **values: Any) -> None:
    """Edit an object as a form would."""
    for name, value in values.items():
        setattr(obj, name, value)
    obj.save()
