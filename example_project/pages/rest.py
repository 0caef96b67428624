"""What the systems' REST endpoints have in common."""

from __future__ import annotations

from rest_framework import serializers, status
from rest_framework.exceptions import APIException


class ReasonSerializer(serializers.Serializer):
    """Why; it goes into the audit log."""

    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class Conflict(APIException):
    """The system says no; the detail says why."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
