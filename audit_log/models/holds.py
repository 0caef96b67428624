"""Holds: entries that must stay."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, router, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit_log import registry
from audit_log.conf import settings as audit_settings
from audit_log.fields import ExactCharField
from audit_log.identity import MAX_ID_LENGTH, MAX_REPR_LENGTH, shorten, type_of
from audit_log.models.entries import AuditEntry
from audit_log.models.pruning import PruningState


class HoldManager(models.Manager["AuditHold"]):
    """Holds are kept on one database, also where entries are on several."""

    def get_queryset(self) -> models.QuerySet[AuditHold]:
        return super().get_queryset().using(self._db or holds_database())


@registry.register(
    noun="audit_log",
    verbs={"create": "hold", "update": "change_hold", "delete": "remove_hold"},
    transitions={"released_at": "release"},
)
class AuditHold(models.Model):
    """Entries that stay, whatever ``RETENTION`` says, until the hold is released.

    An entry is held where all that the hold names is true of it; a blank names nothing.
    Placed and released by :mod:`audit_log.retention`; each change leaves an entry, like one
    of any model.
    """

    reason = models.TextField(_("reason"), help_text=_("Why: a case number, a letter."))
    target_type = ExactCharField(_("target type"), max_length=201, blank=True, default="")
    target_id = ExactCharField(_("target id"), max_length=MAX_ID_LENGTH, blank=True, default="")
    tenant = ExactCharField(_("tenant"), max_length=100, blank=True, default="")
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
    correlation_id = ExactCharField(_("correlation id"), max_length=64, blank=True, default="")
    since = models.DateTimeField(_("entries since"), null=True, blank=True)
    until = models.DateTimeField(_("entries until"), null=True, blank=True)
    placed_at = models.DateTimeField(_("placed"), default=timezone.now, editable=False)
    placed_by = models.CharField(
        _("placed by"), max_length=MAX_REPR_LENGTH, default="", editable=False
    )
    released_at = models.DateTimeField(_("released"), null=True, editable=False)
    released_by = models.CharField(
        _("released by"), max_length=MAX_REPR_LENGTH, default="", editable=False
    )

    objects = HoldManager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ("-id",)
        base_manager_name = "objects"
        default_permissions = ("add", "change", "view")

    def __str__(self) -> str:
        return shorten(" ".join(self.reason.split()), 80)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the hold. A run that prunes meanwhile looks at its batch again."""
        using = kwargs.get("using") or self._state.db or holds_database()
        with transaction.atomic(using=using):
            PruningState.disturb(using)
            super().save(*args, **{**kwargs, "using": using})

    def clean(self) -> None:
        """Raise ``ValidationError`` where it would hold nothing, or not what is meant."""
        named = (self.target_type, self.tenant, self.actor_id, self.correlation_id)
        if not any((*named, self.target_id, self.since, self.until)):
            raise ValidationError(_("Say what is held: an object, a tenant, an actor, a time."))
        if bool(self.target_type) != bool(self.target_id):
            raise ValidationError(_("An object is named by its target type and its id, both."))
        self.target_type = self.target_type.lower()
        if self.target_type and not _is_known(self.target_type):
            # A slip of the pen would hold nothing, and nobody would notice.
            message = _("No model is called “%(name)s”, and no entry is about one.")
            raise ValidationError(
                {"target_type": ValidationError(message, params={"name": self.target_type})}
            )
        for name in ("since", "until"):
            moment = getattr(self, name)
            if moment is not None and timezone.is_naive(moment) == settings.USE_TZ:
                raise ValidationError({name: _("Give a time with its time zone.")})
        if self.since and self.until and self.since > self.until:
            raise ValidationError({"until": _("The end is before the beginning.")})


def _is_known(target_type: str) -> bool:
    if any(type_of(model) == target_type for model in apps.get_models()):
        return True
    entries = AuditEntry.objects.using(holds_database())
    return entries.filter(target_type=target_type).exists()


def holds_database() -> str:
    """Return the alias of the database on which holds are kept."""
    return audit_settings.DATABASE or router.db_for_write(AuditHold)
