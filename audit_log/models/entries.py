"""The stored entry and its further references. Append-only."""

from __future__ import annotations

import os
import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit_log import catalogue, uuid7
from audit_log.exceptions import AppendOnly
from audit_log.fields import ExactCharField, KeyField, MostlyCharField
from audit_log.identity import MAX_ID_LENGTH, MAX_REPR_LENGTH
from audit_log.indexes import PartialIndex
from audit_log.querysets import AppendOnlyQuerySet, AuditEntryQuerySet
from audit_log.vocabulary import ActorType, EventType, Outcome


def new_id() -> uuid.UUID:
    """Return the id of an entry that occurs now."""
    return uuid7.current.make(int(timezone.now().timestamp() * 1000))


def new_salt() -> bytes:
    """Return 16 random bytes, which sealing mixes into an entry's digest."""
    return os.urandom(16)


class AppendOnlyModel(models.Model):
    """A row that is added once and stays as it is."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row. Raises :exc:`AppendOnly` where it is there already."""
        if not self._state.adding:
            self._refuse("save")
        kwargs["force_insert"] = True
        super().save(**kwargs)

    def _do_update(self, *args: Any, **kwargs: Any) -> list[Any]:
        # No UPDATE, wherever it comes from (a fixture, say): what is there already, the
        # INSERT that follows runs into.
        return []

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise :exc:`AppendOnly`."""
        self._refuse("delete")

    @staticmethod
    def _refuse(operation: str) -> NoReturn:
        raise AppendOnly(f"{operation}() is refused: entries of the audit log are append-only.")


class AuditEntry(AppendOnlyModel):
    """What happened to one object: what changed, who did it, when, from where, why.

    Written by the journal, in the transaction of the change. ``id`` is a UUID of version 7,
    increasing within a process: newest first is ``-id``. Its time is that of ``occurred_at``:
    a month is a range of keys.
    """

    id = KeyField(_("id"), primary_key=True, default=new_id, editable=False)
    occurred_at = models.DateTimeField(_("time"), default=timezone.now)
    event_type = MostlyCharField(
        _("event type"), max_length=10, choices=EventType, usual=EventType.UPDATE.value
    )
    action = ExactCharField(_("action"), max_length=catalogue.MAX_NAME_LENGTH)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.SUCCESS
    )
    # Without a constraint and DO_NOTHING: deleting a user rewrites no entry.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("actor"),
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    actor_type = models.CharField(
        _("actor type"), max_length=10, choices=ActorType, default=ActorType.SYSTEM
    )
    actor_repr = models.CharField(
        _("actor's name"), max_length=MAX_REPR_LENGTH, blank=True, default=""
    )
    target_type = ExactCharField(_("target type"), max_length=201, blank=True, default="")
    target_id = ExactCharField(_("target id"), max_length=MAX_ID_LENGTH, blank=True, default="")
    target_repr = models.CharField(_("target"), max_length=MAX_REPR_LENGTH, blank=True, default="")
    tenant = MostlyCharField(_("tenant"), max_length=100, blank=True, default="")
    changes = models.JSONField(_("changes"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(_("reason"), blank=True, default="")
    remote_addr = models.GenericIPAddressField(_("address"), null=True, blank=True)
    correlation_id = MostlyCharField(_("correlation id"), max_length=64, blank=True, default="")
    metadata = models.JSONField(_("metadata"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    salt = models.BinaryField(_("salt"), max_length=16, default=new_salt, editable=False)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ("-id",)
        base_manager_name = "objects"
        default_permissions = ("view",)
        permissions = (("export_auditentry", _("Can export the audit log")),)
        # Each answers a question, newest first: what stands before ``id`` is what is asked for.
        # A time is a range of ids. Rows that nobody asks for so are left out where the database
        # can: they cost nothing. SQLite, which counts no values, takes the last that fits: so
        # from the vaguest question to the sharpest.
        indexes = (
            # Updates are most of a log: some are always near, wherever one looks.
            PartialIndex(
                fields=["event_type", "id"],
                name="audit_log_event_type",
                condition=~Q(event_type=EventType.UPDATE.value),
            ),
            PartialIndex(fields=["tenant", "id"], name="audit_log_tenant", condition=~Q(tenant="")),
            models.Index(fields=["target_type", "id"], name="audit_log_target_type"),
            models.Index(fields=["action", "id"], name="audit_log_action"),
            PartialIndex(
                fields=["outcome", "id"],
                name="audit_log_failure",
                condition=Q(outcome=Outcome.FAILURE.value),
            ),
            PartialIndex(
                fields=["actor", "id"], name="audit_log_actor", condition=Q(actor__isnull=False)
            ),
            PartialIndex(
                fields=["remote_addr", "id"],
                name="audit_log_address",
                condition=Q(remote_addr__isnull=False),
            ),
            models.Index(fields=["target_id", "target_type", "id"], name="audit_log_target"),
            # Few have one in common, and are sorted.
            PartialIndex(
                fields=["correlation_id"],
                name="audit_log_correlation",
                condition=~Q(correlation_id=""),
            ),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "occurred_at" in kwargs and not {"id", "pk"} & kwargs.keys():
            # Of the past: its place is among the entries of that time.
            moment = AuditEntry.occurred_at.field.to_python(self.occurred_at)
            self.id = uuid7.past.make(uuid7.milliseconds_at(moment), backwards=True)

    def __str__(self) -> str:
        target = self.target_repr or self.target_id
        return f"{self.action} {target}".strip()

    @property
    def action_label(self) -> str:
        """What people call the action: "License disabled"."""
        return catalogue.label_of(self.action)


class AuditReference(AppendOnlyModel):
    """A further object that an entry belongs to: a device's license."""

    id = models.BigAutoField(_("id"), primary_key=True)
    entry = models.ForeignKey(
        AuditEntry,
        verbose_name=_("audit entry"),
        on_delete=models.DO_NOTHING,
        related_name="references",
    )
    target_type = ExactCharField(_("target type"), max_length=201)
    target_id = ExactCharField(_("target id"), max_length=MAX_ID_LENGTH)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit reference")
        verbose_name_plural = _("audit references")
        base_manager_name = "objects"
        default_permissions = ()
        indexes = (
            models.Index(fields=["target_id", "target_type", "entry"], name="audit_log_reference"),
        )

    def __str__(self) -> str:
        return f"{self.target_type}:{self.target_id}"
