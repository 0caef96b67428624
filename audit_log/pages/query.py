"""What a request for entries asks for, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from audit_log.identity import MAX_ID_LENGTH, clean
from audit_log.journal.actors import name_of
from audit_log.pages.actors import find_users
from audit_log.reading.filters import AuditEntryFilter
from audit_log.reading.pagination import PARAMETERS
from audit_log.reading.values import visible
from audit_log.reading.visibility import visible_entries

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest

    from audit_log.querysets import AuditEntryQuerySet

MOST_OBJECTS = 20
"""Types of objects with one key that are named."""
MAX_SHOWN = 100
"""Characters of a wrong value that its message repeats."""


class Query:
    """The filters of a request.

    The actor may be given by user name or e-mail address too, the object by its key alone.
    Then ``clarified`` has the filters with that user's key and the object's type, by which the
    request is to be asked again.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.entries = visible_entries(request)
        self._filter = AuditEntryFilter(data=request.GET, queryset=self.entries, request=request)
        self.form: forms.Form = self._filter.form
        self.filters: dict[str, str] = {
            name: request.GET[name] for name in self.form.fields if request.GET.get(name)
        }
        if "actor" in self.form.errors and len(request.GET.getlist("actor")) == 1:
            self._explain_actor()
        if "object" in self.form.errors and self._bare_key:
            self._explain_object()

    @property
    def is_valid(self) -> bool:
        """Whether all of it can be asked for."""
        return not self.unknown and self._filter.is_valid()

    @property
    def qs(self) -> AuditEntryQuerySet:
        """The entries that the filters let through."""
        entries: AuditEntryQuerySet = self._filter.qs
        return entries

    @property
    def of_any_time(self) -> AuditEntryQuerySet:
        """The same in any period, where all filters can be asked for."""
        return self._filter.of_any_time

    @property
    def errors(self) -> list[str]:
        """What is wrong, each with the name of the filter that it is about."""
        messages = [
            f"{self.form.fields[name].label}: {message}"
            for name, errors in self.form.errors.items()
            for message in errors
        ]
        return [*self.unknown, *messages]

    @cached_property
    def unknown(self) -> list[str]:
        """What is wrong with parameters that are no filters.

        A filter with a typing error must not pass for one that is applied.
        """
        # Names with an underscore in front are the admin's own.
        known = {*self.form.fields, *PARAMETERS}
        return [
            _("“%(name)s” is no filter of the audit log.") % {"name": visible(name[:MAX_SHOWN])}
            for name in self.request.GET
            if name not in known and not name.startswith("_")
        ]

    @property
    def wrong_labels(self) -> list[str]:
        """The names of the filters whose values are wrong; the form says what is wrong."""
        return [str(self.form.fields[name].label) for name in self.form.errors]

    @property
    def clarified(self) -> dict[str, str] | None:
        """The filters with the one user's key and the one object's type that they mean."""
        clear = dict(self.filters)
        if "object" in self.form.errors and len(self.named_objects) == 1:
            clear["object"] = self.named_objects[0]
            if clear.get("target_type") == clear["object"].partition(":")[0]:
                # It said which object is meant; what refers to it is of other types.
                del clear["target_type"]
        asks_for_user = "actor" in self.form.errors or "object" not in self.form.errors
        if asks_for_user and len(self.named_users) == 1:
            clear["actor"] = str(self.named_users[0].pk)
        return None if clear == self.filters else clear

    @cached_property
    def named_users(self) -> list[AbstractBaseUser]:
        """The users whose name or address the actor filter holds."""
        return find_users(self.filters.get("actor", ""), self.entries)

    @cached_property
    def named_objects(self) -> list[str]:
        """The objects with the key that the object filter holds, as ``app_label.model:id``."""
        if not self._bare_key:
            return []
        chosen = self.filters.get("target_type")
        if chosen and "target_type" not in self.form.errors:
            return [f"{chosen}:{self._bare_key}"]
        found = self.entries.filter(target_id=self._bare_key).order_by()
        types = found.values_list("target_type", flat=True).distinct()[:MOST_OBJECTS]
        return sorted(f"{target_type}:{self._bare_key}" for target_type in types)

    @property
    def _bare_key(self) -> str:
        """What the object filter holds, where it can be a key without a type."""
        text = self.filters.get("object", "")
        is_key = ":" not in text and clean(text) == text and len(text) <= MAX_ID_LENGTH
        return text if is_key and len(self.request.GET.getlist("object")) == 1 else ""

    def _explain_object(self) -> None:
        shown = {"text": visible(self._bare_key[:MAX_SHOWN])}
        if self.named_objects:
            shown["objects"] = ", ".join(map(visible, self.named_objects))
            message = _("Several objects have the ID “%(text)s”. Give one of: %(objects)s.")
        else:
            message = _("No object has the ID “%(text)s”.")
        self.form.errors["object"] = self.form.error_class([message % shown])

    def _explain_actor(self) -> None:
        shown = {"text": visible(self.filters.get("actor", "")[:MAX_SHOWN])}
        if self.named_users:
            shown["users"] = ", ".join(
                f"{user.pk} ({visible(name_of(user))})" for user in self.named_users
            )
            message = _("Several users are called “%(text)s”. Give the key of one: %(users)s.")
        else:
            message = _("No user has the key, the user name or the e-mail address “%(text)s”.")
        self.form.errors["actor"] = self.form.error_class([message % shown])
