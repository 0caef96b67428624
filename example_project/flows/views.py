"""The pages that do more than show and save their object."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views import generic

import audit_log
from example_project.flows.forms import LoginForm
from example_project.flows.models import Connector, IntegrationTemplate, Tenant
from example_project.pages.views import ObjectCreate, ObjectDelete, ObjectDetail, PageMixin


class TenantLogin(LoginView):
    """A tenant's own door: who came in by it, or tried to, its log tells."""

    template_name = "flows/login.html"
    authentication_form = LoginForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.tenant = get_object_or_404(Tenant, slug=kwargs["tenant"])
        with audit_log.context(tenant=self.tenant.audit_tenant):
            return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "tenant": self.tenant}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(tenant=self.tenant, **kwargs)

    def get_default_redirect_url(self) -> str:
        return self.tenant.get_absolute_url()


class TenantList(PageMixin, generic.ListView):
    """The tenants that the person has an account of."""

    template_name = "flows/tenant_list.html"
    model = Tenant


class TemplateDetail(ObjectDetail):
    def get_queryset(self) -> QuerySet[IntegrationTemplate]:
        return super().get_queryset().select_related("flow__tenant").prefetch_related("tests")


class ConnectorDetail(ObjectDetail):
    def get_queryset(self) -> QuerySet[Connector]:
        return super().get_queryset().prefetch_related("access__user")


class PersonCreate(ObjectCreate):
    """Opens an account, which is the tenant's."""

    def form_valid(self, form: Any) -> HttpResponse:
        with audit_log.context(reason=form.cleaned_data["reason"]), transaction.atomic():
            person = form.save()
            self.place.flow_tenant.users.add(person)
        messages.success(self.request, _("%(object)s was saved.") % {"object": person})
        return HttpResponseRedirect(person.get_absolute_url())


class PersonDelete(ObjectDelete):
    def form_valid(self, form: Any) -> HttpResponse:
        if self.object.pk == self.request.user.pk:
            return self.refuse(_("Nobody deletes their own account."))
        return super().form_valid(form)
