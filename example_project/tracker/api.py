"""Workspaces and applications over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, ProtectedError
from rest_framework import serializers, viewsets
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from example_project.pages.rest import Conflict
from example_project.tracker.models import Application, Workspace
from example_project.tracker.models.roles import Permission
from example_project.tracker.permissions import has_a_role, may


class WorkspaceSerializer(serializers.ModelSerializer):
    class Meta:
        model = Workspace
        fields = ["id", "name", "description"]


class ApplicationSerializer(serializers.ModelSerializer):
    class Meta:
        model = Application
        fields = ["id", "workspace", "name", "prefix", "description"]


class MayManage(BasePermission):
    """Whoever has any role may look; the permission groups decide about the rest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.user.is_authenticated and has_a_role(request.user)

    def has_object_permission(self, request: Request, view: Any, obj: Model) -> bool:
        return request.method in SAFE_METHODS or may(request.user, view.permission, obj)


class ManagedViewSet(viewsets.ModelViewSet):
    """Where a new object goes decides whether somebody may make it."""

    permission_classes = [MayManage]
    permission = ""

    def perform_create(self, serializer: Any) -> None:
        self._check(serializer)
        serializer.save()

    def perform_update(self, serializer: Any) -> None:
        self._check(serializer)
        serializer.save()

    def perform_destroy(self, instance: Model) -> None:
        try:
            instance.delete()
        except ProtectedError:
            raise Conflict("It is still in use.") from None

    def _check(self, serializer: Any) -> None:
        # What moves, or is new, needs the permission where it goes to.
        there = serializer.instance
        goes_to = serializer.validated_data.get("workspace")
        if goes_to is not None and goes_to != getattr(there, "workspace", None):
            there = goes_to
        if not may(self.request.user, self.permission, there):
            self.permission_denied(self.request)


class WorkspaceViewSet(ManagedViewSet):
    """``/api/tracker/workspaces/``"""

    queryset = Workspace.objects.all()
    serializer_class = WorkspaceSerializer
    permission = Permission.WORKSPACES


class ApplicationViewSet(ManagedViewSet):
    """``/api/tracker/applications/``"""

    queryset = Application.objects.all()
    serializer_class = ApplicationSerializer
    permission = Permission.APPLICATIONS


router = SimpleRouter()
router.register("workspaces", WorkspaceViewSet, basename="tracker-workspace")
router.register("applications", ApplicationViewSet, basename="tracker-application")
urlpatterns = router.urls
