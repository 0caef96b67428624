"""Flows over REST: ``/api/flows/<tenant>/flows/``."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

import audit_log
from example_project.flows.models import Flow, Tenant
from example_project.flows.models.tenants import Resource
from example_project.flows.permissions import is_in, may
from example_project.pages.exceptions import Refused
from example_project.pages.rest import Conflict, ReasonSerializer


class FlowSerializer(serializers.ModelSerializer):
    steps = serializers.ListField(child=serializers.CharField(max_length=60), required=False)

    class Meta:
        model = Flow
        fields = ["id", "name", "description", "steps", "is_running"]
        read_only_fields = ["is_running"]


class MayChangeFlows(BasePermission):
    """Accounts of the tenant may look; its ACL rules decide about the rest."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        if not is_in(request.user, view.tenant):
            raise Http404
        safe = request.method in SAFE_METHODS
        return safe or may(request.user, Resource.FLOWS, view.tenant)


class FlowViewSet(viewsets.ModelViewSet):
    """Flows of one tenant, and ``POST …/<id>/start/``, ``stop/`` and ``clone/``."""

    serializer_class = FlowSerializer
    queryset = Flow.objects.none()
    permission_classes = [MayChangeFlows]

    @cached_property
    def tenant(self) -> Tenant:
        found = Tenant.objects.filter(slug=self.kwargs["tenant"]).first()
        if found is None:
            raise Http404
        return found

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return Flow.objects.select_related("tenant").filter(tenant=self.tenant)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(tenant=self.tenant)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def start(self, request: Request, **kwargs: Any) -> Response:
        return self._perform(request, Flow.start)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def stop(self, request: Request, **kwargs: Any) -> Response:
        return self._perform(request, Flow.stop)

    @action(detail=True, methods=["post"], serializer_class=ReasonSerializer)
    def clone(self, request: Request, **kwargs: Any) -> Response:
        return self._perform(request, Flow.clone, status.HTTP_201_CREATED)

    def _perform(self, request: Request, change: Any, code: int = status.HTTP_200_OK) -> Response:
        flow = self.get_object()
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with audit_log.context(reason=given.validated_data["reason"]):
            try:
                made = change(flow)
            except Refused as refusal:
                raise Conflict(str(refusal)) from None
        return Response(FlowSerializer(made or flow).data, status=code)


router = SimpleRouter()
router.register(r"(?P<tenant>[-\w]+)/flows", FlowViewSet, basename="flows-flow")
urlpatterns = router.urls
