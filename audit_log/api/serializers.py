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
from audit_log.vocabulary import ActorType


class MomentField(serializers.DateTimeField):
    """ISO 8601 in UTC with microseconds, whatever format and zone the host prefers."""

    def to_representation(self, value: Any) -> str:
        return utc_text(value)


class KeptUntilField(MomentField):
    """From when on the entry may be removed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, allow_null=True, **kwargs)

    def get_attribute(self, entry: AuditEntry) -> Any:
        return cast("AuditEntrySerializer", self.parent).retention.kept_until(entry)


class AuditActorSerializer(serializers.Serializer[AuditEntry]):
    """Who did it, as it was known then."""

    id = serializers.SerializerMethodField(help_text="Key of the user, null where it is none.")
    type = serializers.CharField(
        source="actor_type", help_text=f"One of {', '.join(ActorType.values)}."
    )
    repr = serializers.CharField(source="actor_repr", help_text="The name, or empty.")

    def get_id(self, entry: AuditEntry) -> int | str | None:
        return json_key(entry.actor_id)


class AuditTargetSerializer(serializers.Serializer[AuditEntry]):
    """The object acted on."""

    type = serializers.CharField(source="target_type", help_text="As app_label.model, or empty.")
    id = serializers.CharField(source="target_id", help_text="The key, as text, or empty.")
    repr = serializers.CharField(source="target_repr", help_text="What it was called then.")


class AuditReferenceSerializer(serializers.ModelSerializer[AuditReference]):
    """A further object that the entry belongs to."""

    type = serializers.CharField(source="target_type", help_text="As app_label.model.")
    id = serializers.CharField(source="target_id", help_text="The key, as text.")

    class Meta:
        model = AuditReference
        fields = ["type", "id"]


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """One entry; read only."""

    occurred_at = MomentField(help_text="When it happened, in UTC.")
    action_label = serializers.SerializerMethodField(
        help_text="What people call the action, in the language of the request."
    )
    sentence = serializers.SerializerMethodField(
        help_text="What happened, as a sentence in that language."
    )
    actor = AuditActorSerializer(source="*")
    target = AuditTargetSerializer(source="*")
    references = AuditReferenceSerializer(many=True)
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
        extra_kwargs = {
            "id": {"help_text": "A UUID of version 7: ids increase with time."},
            "event_type": {"help_text": "What kind of thing happened."},
            "action": {"help_text": "What happened, by its stable name: license.disable."},
            "outcome": {"help_text": "Whether it was done, or only tried."},
            "tenant": {"help_text": "Whose log it is; empty where there is one."},
            "changes": {"help_text": "What changed, by field."},
            "reason": {"help_text": "Why; empty where nobody said."},
            "remote_addr": {"help_text": "The client's IP address."},
            "correlation_id": {
                "help_text": "The same for all that one request, command or task did."
            },
            "metadata": {"help_text": "The circumstances: method, path, user agent and others."},
        }

    def __init__(self, *args: Any, only: Collection[str] | None = None, **kwargs: Any) -> None:
        """Have nothing but the fields with the names ``only``."""
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


class AuditActionSerializer(serializers.Serializer[Any]):
    """A value of the filter ``action``."""

    action = serializers.CharField(source="name", help_text="The value.")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="What people call it."
    )
    event_type = serializers.CharField(help_text="What kind of thing happens.")


class AuditTargetTypeSerializer(serializers.Serializer[Any]):
    """A value of the filter ``target_type``."""

    target_type = serializers.CharField(help_text="The value.")
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="What people call it."
    )
