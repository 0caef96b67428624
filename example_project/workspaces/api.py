"""Projects over REST: for people, and for programs with an API key of the workspace.

A program's key is the request's user, who is no account: entries have it as an actor of the type
``token``.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import authentication, mixins, serializers, viewsets
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from example_project.workspaces.models import ApiKey, Project, Workspace
from example_project.workspaces.models.access import digest_of
from example_project.workspaces.permissions import WORK, may, member_of


class KeyAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer wk_…``"""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = ApiKey.objects.select_related("workspace").filter(digest=digest_of(key.strip()))
        api_key = found.filter(is_revoked=False).first()
        if api_key is None:
            raise AuthenticationFailed("The key is unknown, or revoked.")
        api_key.used()
        return api_key, api_key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MayWork(BasePermission):
    """Members may look, and work unless they are guests; a key may what its scope says."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        workspace = view.workspace
        safe = request.method in SAFE_METHODS
        if isinstance(request.user, ApiKey):
            if request.user.workspace_id != workspace.pk:
                raise Http404
            return safe or request.user.scope == ApiKey.Scope.WRITE
        if not request.user.is_superuser and member_of(workspace, request.user) is None:
            raise Http404
        return safe or may(request.user, WORK, workspace)


class ProjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = ["id", "name", "client", "description", "status", "due_on"]


class ProjectViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet,
):
    """``/api/workspaces/<address>/projects/``"""

    serializer_class = ProjectSerializer
    queryset = Project.objects.none()
    authentication_classes = [
        KeyAuthentication,
        authentication.TokenAuthentication,
        authentication.SessionAuthentication,
    ]
    permission_classes = [MayWork]

    @property
    def workspace(self) -> Workspace:
        found = Workspace.objects.filter(slug=self.kwargs["workspace"]).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        workspace = self.kwargs["workspace"]
        return Project.objects.select_related("workspace").filter(workspace__slug=workspace)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(workspace=self.workspace)


router = SimpleRouter()
router.register(r"(?P<workspace>[-\w]+)/projects", ProjectViewSet, basename="workspaces-project")
urlpatterns = router.urls
