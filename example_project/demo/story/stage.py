"""Where the story is played: scenes in the order of their days, each under its own context."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_login_failed

import audit_log
from example_project.demo.story.people import MAY_LOG_IN, Person, account_of, password_hash
from example_project.pages.exceptions import Refused

DAYS = 56
NOBODY = "nobody"
"""Who is not logged in."""


@dataclass(order=True)
class Scene:
    """Something that somebody (by user name; another name is a system's) does on some day."""

    day: float
    number: int
    who: str = field(compare=False)
    act: Callable[[], Any] = field(compare=False)
    reason: str = field(compare=False, default="")
    ticket: str = field(compare=False, default="")
    tenant: str = field(compare=False, default="")


class Stage:
    """Collects scenes and plays them; what they need is looked up when they are played."""

    def __init__(self, start: datetime, seed: int, people: Iterable[Person]) -> None:
        self.start = start
        self.random = random.Random(seed)  # noqa: S311 (nothing here is secret)
        self.addresses = {person.username: person.addresses for person in people}
        self.addresses[NOBODY] = ("198.51.100.99", "2001:db8:bad::7")
        self.now = start
        self.scenes: list[Scene] = []
        self.shifts: dict[float, float] = {}

    def scene(
        self,
        day: float,
        who: str,
        act: Callable[[], Any],
        reason: str = "",
        ticket: str = "",
        tenant: str = "",
    ) -> None:
        """Plan a scene for a day, counted from the beginning; 3.5 is noon of the fourth.

        People are at work by day, earlier on some days than on others, so theirs move there;
        systems and strangers never sleep. ``tenant`` is that of what has none by itself: accounts.
        """
        if who in self.addresses and who != NOBODY:
            date, part = divmod(day, 1)
            shift = self.shifts.setdefault(date, self.random.uniform(-2, 2))
            day = date + (9 + part * 7 + shift) / 24
        self.scenes.append(Scene(day, len(self.scenes), who, act, reason, ticket, tenant))

    def play(self) -> None:
        """Do it all, in order of time."""
        accounts = get_user_model()._default_manager
        for scene in sorted(self.scenes):
            minutes = self.random.randrange(60)
            self.now = max(self.now, self.start + timedelta(days=scene.day, minutes=minutes))
            actor: Any = accounts.filter(username=scene.who).first() or scene.who
            if scene.who == NOBODY:
                actor = audit_log.Actor("anonymous")
            context: dict[str, Any] = {
                "actor": actor,
                "reason": scene.reason,
                "correlation_id": f"{self.random.getrandbits(128):032x}",
                "occurred_at": self.now,
            }
            if scene.who in self.addresses:
                context["remote_addr"] = self.random.choice(self.addresses[scene.who])
            if scene.tenant:
                context["tenant"] = scene.tenant
            if scene.ticket:
                context["ticket"] = scene.ticket
            with audit_log.context(**context):
                try:
                    scene.act()
                except Refused:
                    # The system said no and told the log.
                    continue

    def key(self) -> str:
        """A license key that is the same in every telling."""
        return "-".join(f"{self.random.getrandbits(16):04X}" for _group in range(4))

    def open_account(self, person: Person, **values: Any) -> Any:
        """Make a login; only visitors' can be used, the others are there for their names."""
        account = get_user_model()(
            username=person.username,
            first_name=person.first_name,
            last_name=person.last_name,
            email=person.email,
            date_joined=self.now,
            **values,
        )
        if person.username in MAY_LOG_IN:
            account.password = password_hash()
        else:
            account.set_unusable_password()
        account.save()
        return account

    def log_in(self, username: str) -> None:
        """Somebody comes in."""
        account = account_of(username)
        audit_log.record("user.log_in", target=account)
        type(account)._default_manager.filter(pk=account.pk).update(last_login=self.now)

    def fail_to_log_in(self, username: str) -> None:
        """Somebody gives a wrong password, or a name that nobody has."""
        user_login_failed.send(__name__, credentials={"username": username}, request=None)


def change(obj: Any, **values: Any) -> None:
    """Edit an object as a form would."""
    for name, value in values.items():
        setattr(obj, name, value)
    obj.save()
