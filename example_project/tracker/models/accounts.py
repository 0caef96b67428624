"""The accounts of Django, and groups of them that may be in other groups."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.pages.cells import State
from example_project.pages.exceptions import Refused
from example_project.tenants import TRACKER, always


class Account(User):
    """An account, with a page in the tracker. To the log it is the user: the row is the same."""

    class Meta:
        proxy = True
        ordering = ["username"]
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def get_absolute_url(self) -> str:
        return reverse("tracker:user-detail", args=[self.pk])

    @property
    def full_name(self) -> str:
        """First and last name."""
        return self.get_full_name()

    @property
    def state(self) -> State:
        """Whether the person can log in."""
        return State("good", _("active")) if self.is_active else State("bad", _("closed"))

    def activate(self) -> None:
        """Let the person log in again."""
        self.is_active = True
        self.save(update_fields=["is_active"])

    def deactivate(self) -> None:
        """Let nobody log in with it."""
        self.is_active = False
        self.save(update_fields=["is_active"])


@audit_log.register(
    m2m={"groups": ("add_to_group", "remove_from_group")},
    tenant=always(TRACKER),
)
class UserGroup(Group):
    """A group of Django's, so that its users have its permissions; and a part of other groups."""

    description = models.CharField(_("description"), max_length=200, blank=True)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="subgroups", verbose_name=_("in the groups")
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("user group")
        verbose_name_plural = _("user groups")

    def get_absolute_url(self) -> str:
        return reverse("tracker:usergroup-detail", args=[self.pk])

    def add_to(self, group: Group) -> None:
        """Put it into another group. Raises :class:`Refused` where that one is in it already."""
        if self.pk in with_groups_around([group.pk]):
            refusal = Refused(_("A group cannot be in itself, not through other groups either."))
            # What was tried and refused is worth knowing, too.
            audit_log.record(
                "user_group.add_to_group",
                target=self,
                metadata={"refused": str(refusal)},
                references=[group],
                outcome="failure",
            )
            raise refusal
        self.groups.add(group)

    def remove_from(self, group: Group) -> None:
        """Take it out again."""
        self.groups.remove(group)


def with_groups_around(keys: Iterable[int]) -> set[int]:
    """Return the keys of groups, and of all groups that these are in, however deep."""
    around = UserGroup.groups.through.objects
    known: set[int] = set()
    found = set(keys)
    while found:
        known |= found
        further = around.filter(usergroup__in=found).values_list("group", flat=True)
        found = set(further) - known
    return known
