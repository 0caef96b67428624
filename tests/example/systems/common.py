"""What the four have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.test import Client
from django.urls import reverse

ADDRESS = "203.0.113.9"
REASON = "ticket 811"

Target = Model | tuple[str, str, str]


@dataclass
class Expected:
    """What the entry must say of its object; the rest as for whatever the person does."""

    target: Target
    changes: dict[str, Any]
    references: list[Model | tuple[str, str]] = field(default_factory=list)
    reason: str = REASON
    outcome: str = "success"
    tenant: str | None = None
    actor: Any = "person"
    """A user, or the type and the text of what is none."""


class World:
    """A system in use, and a person in front of it."""

    namespace: ClassVar[str]
    tenant: ClassVar[str] = ""
    args: tuple[Any, ...] = ()
    """What the system's addresses begin with."""

    def __init__(self) -> None:
        self.account = get_user_model().objects.create_user(
            "mara", "mara@vendor.example", first_name="Mara", last_name="Lindqvist"
        )
        self.client = Client(REMOTE_ADDR=ADDRESS)
        self.client.force_login(self.account)

    def make_staff(self) -> None:
        """Let the person do everything in the admin."""
        self.account.is_staff = self.account.is_superuser = True
        self.account.save()

    def url(self, view: str, *args: Any) -> str:
        name = view if ":" in view else f"{self.namespace}:{view}"
        return reverse(name, args=[*(() if ":" in view else self.args), *args])

    def post(self, view: str, *args: Any, **data: Any) -> Any:
        """Send a form; whatever is wrong with it shows as another status."""
        answer = self.client.post(self.url(view, *args), {"reason": REASON, **data})
        assert answer.status_code == 302, answer.content.decode()
        return answer

    def edit(self, view: str, *args: Any, **data: Any) -> None:
        """Open a form as it is, change some fields, and send it."""
        url = self.url(view, *args)
        page = self.client.get(url)
        form = page.context["adminform"].form if "adminform" in page.context else None
        filled = filled_in(form or page.context["form"])
        answer = self.client.post(url, {**filled, "reason": REASON, **data})
        assert answer.status_code == 302, answer.content.decode()

    def rest(self, method: str, path: str, data: Any = None, status: int = 200) -> Any:
        """Call the REST API in the person's session."""
        call = getattr(self.client, method)
        answer = call(path, data, content_type="application/json")
        assert answer.status_code == status, answer.content.decode()
        return answer


def filled_in(form: Any) -> dict[str, Any]:
    """What a browser sends for a form that nobody touched."""
    values = {name: form[name].value() for name in form.fields}
    # A box that is not ticked is not sent.
    return {n: value for n, value in values.items() if value is not None and value is not False}


Steps = Iterator[Expected | None]
Performer = Callable[[Any], Steps]


class Performers(dict[tuple[str, str], Performer]):
    """The actions of one system by their key and how they are done: form, admin or rest."""

    def __call__(self, key: str, how: str = "form") -> Callable[[Performer], Performer]:
        def keep(function: Performer) -> Performer:
            assert (key, how) not in self, (key, how)
            self[key, how] = function
            return function

        return keep


def gone(obj: Model) -> tuple[str, str, str]:
    """The target of an entry about an object that will have no key any more."""
    return obj._meta.concrete_model._meta.label_lower, str(obj.pk), str(obj)


def set_to(**values: Any) -> dict[str, Any]:
    """The changes of a creation."""
    return {name: {"old": None, "new": value} for name, value in values.items()}


def was(**values: Any) -> dict[str, Any]:
    """The changes of a deletion."""
    return {name: {"old": value, "new": None} for name, value in values.items()}


def moved(name: str, old: Any, new: Any) -> dict[str, Any]:
    """The changes of an update of one field."""
    return {name: {"old": old, "new": new}}


def linked(name: str, verb: str, obj: Model) -> dict[str, Any]:
    """The changes of a many-to-many field by one object."""
    one = [{"id": str(obj.pk), "repr": str(obj)}]
    return {name: {"added": [], "removed": [], verb: one}}


def masked(*names: str) -> dict[str, Any]:
    """What is told of secrets."""
    return {name: {"masked": True} for name in names}


def named(changes: dict[str, Any], **texts: str) -> dict[str, Any]:
    """Add what the objects of foreign keys are called."""

    def side(change: dict[str, Any]) -> str:
        return "old_repr" if change["new"] is None else "new_repr"

    return {
        name: change | ({side(change): texts[name]} if name in texts else {})
        for name, change in changes.items()
    }


def moment(when: datetime) -> str:
    """A time as entries have it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def user_values(user: Any) -> dict[str, Any]:
    """What the log tells of a new or a lost account, besides the password."""
    names = ("username", "first_name", "last_name", "email", "is_staff", "is_active")
    values = {name: getattr(user, name) for name in (*names, "is_superuser")}
    return {**values, "date_joined": moment(user.date_joined)}
