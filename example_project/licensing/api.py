"""Licenses over REST: the actor of an entry is the token's user, whom only DRF knows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, viewsets
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

import audit_log
from example_project.licensing.models import License
from example_project.licensing.models.platform import Permission
from example_project.licensing.permissions import is_platform_user, may
from example_project.pages.rest import ReasonSerializer


class LicenseSerializer(serializers.ModelSerializer):
    class Meta:
        model = License
        fields = ["id", "number", "product", "order", "license_type", "valid_until", "is_enabled"]


class MayManageLicenses(BasePermission):
    """Whoever works on the platform may look; the permission template decides about the rest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return is_platform_user(request.user)
        return may(request.user, Permission.LICENSES)


class LicenseViewSet(viewsets.ReadOnlyModelViewSet):
    """``GET /api/licenses/``, and ``POST /api/licenses/<id>/disable/`` and the like."""

    queryset = License.objects.all()
    serializer_class = LicenseSerializer
    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [MayManageLicenses]

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def enable(self, request: Request, pk: str) -> Response:
        return self._perform(request, License.enable)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def disable(self, request: Request, pk: str) -> Response:
        return self._perform(request, License.disable)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def reset(self, request: Request, pk: str) -> Response:
        return self._perform(request, License.reset)

    def _perform(self, request: Request, change: Any) -> Response:
        license = self.get_object()
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with audit_log.context(reason=given.validated_data["reason"]):
            change(license)
        return Response(LicenseSerializer(license).data)


router = SimpleRouter()
router.register("licenses", LicenseViewSet)
urlpatterns = router.urls
