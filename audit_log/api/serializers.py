"""An entry as JSON."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django.utils.functional import cached_property
from rest_framework import serializers

from audit_log import catalogue
from audit_log.models import AuditEntry, AuditReference
from audit_log.reading.jsonl_format import json_key
from audit_log.reading.moments import utc_text
from audit_log.reading.sentences import sentence_of
from audit_log.retention import Retention


class MomentField(serializers.DateTimeField):
    """ISO 8601 in UTC with microseconds, whatever format and zone the host prefers."""

    def to_representation(self, value: Any) -> str:
        return utc_text(value)


class KeptUntilField(MomentField):
    """From when on the entry may be removed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def get_attribute(self, entry: AuditEntry) -> Any:
        return cast("EntrySerializer", self.parent).retention.kept_until(entry)


class ActorSerializer(serializers.Serializer[AuditEntry]):
    """Who did it, as it was known then."""

    id = serializers.SerializerMethodField(help_text="Key of the user, null where it is none.")
    type = serializers.CharField(source="actor_type")
    repr = serializers.CharField(source="actor_repr")

    def get_id(self, entry: AuditEntry) -> int | str | None:
        return json_key(entry.actor_id)


class TargetSerializer(serializers.Serializer[AuditEntry]):
    """The object acted on."""

    type = serializers.CharField(source="target_type")
    id = serializers.CharField(source="target_id")
    repr = serializers.CharField(source="target_repr")


class ReferenceSerializer(serializers.ModelSerializer[AuditReference]):
    """A further object that the entry belongs to."""

    type = serializers.CharField(source="target_type")
    id = serializers.CharField(source="target_id")

    class Meta:
        model = AuditReference
        fields = ["type", "id"]


class EntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One entry; read only. ``only``: nothing but the fields of these names."""

    occurred_at = MomentField()
    action_label = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    actor = ActorSerializer(source="*")
    target = TargetSerializer(source="*")
    references = ReferenceSerializer(many=True)
    kept_until = KeptUntilField(help_text="When its retention ends, null where that is not known.")

    class Meta:
        model = AuditEntry
        fields = [
            "id",
            "occurred_at",
            "event_type",
            "action",
            "action_label",
            "sentence",
            "outcome",
            "actor",
            "target",
            "references",
            "tenant",
            "changes",
            "reason",
            "remote_addr",
            "correlation_id",
            "metadata",
            "kept_until",
        ]
        read_only_fields = fields

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        self._only = only
        super().__init__(*args, **kwargs)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        return {name: fields[name] for name in fields if self._only is None or name in self._only}

    def get_action_label(self, entry: AuditEntry) -> str:
        return catalogue.label_of(entry.action)

    def get_sentence(self, entry: AuditEntry) -> str:
        return sentence_of(entry)

    @cached_property
    def retention(self) -> Retention:
        """What holds now, asked for once per response."""
        return Retention()
