"""Who may use the API: the same answer as on every surface."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from audit_log.reading.visibility import may_export, may_read


class MayRead(BasePermission):
    """The permission ``audit_log.view_auditentry``, or ``VISIBILITY`` row by row."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_read(request)


class MayExport(BasePermission):
    """The permission ``audit_log.export_auditentry``, or ``VISIBILITY`` row by row."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return may_export(request)
