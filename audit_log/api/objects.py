"""An object as it was at a moment, over HTTP."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError as Invalid
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from audit_log.api.serializers import MomentField
from audit_log.api.views import AuditView
from audit_log.reading.state import PartlyHidden, parse_at, visible_state
from audit_log.states import FieldState, ObjectState


class AuditFieldStateSerializer(serializers.Serializer[FieldState]):
    """What one field held."""

    status = serializers.ChoiceField(
        choices=["known", "truncated", "masked", "unknown"],
        help_text="Whether the log tells the value: all of it, its beginning, or not.",
    )
    value = serializers.JSONField(
        help_text="As entries have it; of a many-to-many field a list of id and repr."
    )
    repr = serializers.CharField(help_text="What a related object was called, where recorded.")
    sha256 = serializers.CharField(help_text="Digest of the whole value, where it is truncated.")


class AuditObjectSerializer(serializers.Serializer[ObjectState]):
    """What the state is about."""

    type = serializers.CharField(source="target_type", help_text="As app_label.model.")
    id = serializers.CharField(source="target_id", help_text="The key, as text.")
    repr = serializers.CharField(help_text="What it was called then.")


class AuditObjectStateSerializer(serializers.Serializer[ObjectState]):
    """An object as it was at a moment."""

    target = AuditObjectSerializer(source="*")
    at = MomentField(help_text="As of when this is.")
    exists = serializers.BooleanField(
        allow_null=True, help_text="Null where the log of the object begins after that moment."
    )
    known_since = MomentField(
        allow_null=True, help_text="When the log of the object begins; null if there is none yet."
    )
    is_whole = serializers.BooleanField(help_text="Whether it begins with the object's creation.")
    entry = serializers.UUIDField(
        source="entry_id", allow_null=True, help_text="The newest entry that the state rests on."
    )
    fields = serializers.DictField(  # type: ignore[assignment]
        child=AuditFieldStateSerializer(),
        help_text="By name; empty where the object did not exist.",
    )


class ObjectStateDetail(AuditView):
    """An object as it was at a moment, from the log alone.

    404 where no entry about it is to be seen, 403 where some that the state rests on are not.
    """

    serializer_class = AuditObjectStateSerializer
    parameters = ("at",)

    def get(
        self, request: Request, target_type: str, target_id: str, *args: Any, **kwargs: Any
    ) -> Response:
        try:
            moment = parse_at(request.query_params.get("at", "").strip())
        except Invalid as error:
            raise ValidationError({"at": error.messages}) from error
        try:
            state = visible_state(cast("Any", request), target_type, target_id, moment)
        except PartlyHidden as error:
            raise PermissionDenied(str(error)) from error
        if state is None:
            raise NotFound
        return Response(AuditObjectStateSerializer(state).data)
