"""The addresses of flow automation."""

from __future__ import annotations

from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from example_project.flows import forms, models, views
from example_project.flows.models.tenants import Resource
from example_project.flows.permissions import Flows, InTenant
from example_project.pages.accounts import PasswordForm, set_password
from example_project.pages.urls import Pages
from example_project.pages.views import ObjectDelete

app_name = "flows"

outside = Pages(Flows)
inside = Pages(InTenant, prefix="<slug:tenant>/")

FLOW = ("flows", "flow", models.Flow, Resource.FLOWS)
TEMPLATE = ("templates", "template", models.IntegrationTemplate, Resource.TEMPLATES)
TEST = ("tests", "test", models.TemplateTest, Resource.TEMPLATES)
CONNECTOR = ("connectors", "connector", models.Connector, Resource.CONNECTORS)
RULE = ("system/acl", "aclrule", models.AclRule, Resource.ACL)
CONFIGURATION = (
    "system/configuration",
    "configuration",
    models.Configuration,
    Resource.CONFIGURATION,
)
USER = ("system/users", "user", models.Person, Resource.USERS)

urlpatterns = [
    outside.at("", views.TenantList, "tenant-list", url_prefix="tenant"),
    path("<slug:tenant>/", RedirectView.as_view(pattern_name="flows:flow-list")),
    path("<slug:tenant>/login/", views.TenantLogin.as_view(), name="login"),
    *inside.crud(*FLOW, forms.FlowForm, facts=["description", "steps"]),
    inside.buttons(*FLOW, start=models.Flow.start, stop=models.Flow.stop, clone=models.Flow.clone),
    *inside.crud(
        *TEMPLATE,
        forms.TemplateForm,
        columns=["summary", "version"],
        facts=["summary", "flow", "steps", "version", "published_version"],
        special={"detail": views.TemplateDetail},
    ),
    inside.buttons(
        *TEMPLATE,
        **{
            "publish": models.IntegrationTemplate.publish,
            "update-published": models.IntegrationTemplate.update_published,
            "unpublish": models.IntegrationTemplate.unpublish,
            "start-test": models.IntegrationTemplate.start_test,
        },
    ),
    inside.at(
        "tests/<int:pk>/delete/",
        ObjectDelete,
        "test-delete",
        model=models.TemplateTest,
        permission=Resource.TEMPLATES,
        url_prefix="template",
        is_part=True,
    ),
    inside.buttons(*TEST, stop=models.TemplateTest.stop),
    *inside.crud(
        *CONNECTOR,
        forms.ConnectorForm,
        new_form_class=forms.InstallForm,
        columns=["version", "components"],
        facts=["version", "components"],
        special={"detail": views.ConnectorDetail},
    ),
    *inside.part(
        "access",
        "access",
        models.ComponentAccess,
        Resource.CONNECTORS,
        forms.ComponentAccessForm,
        models.Connector,
        "connector",
    ),
    *inside.crud(
        *RULE,
        forms.AclRuleForm,
        columns=["note"],
        facts=["user", "resource", "note"],
        is_closed=True,
    ),
    *inside.crud(
        *CONFIGURATION, forms.ConfigurationForm, columns=["value"], facts=["value"], is_closed=True
    ),
    *inside.crud(
        *USER,
        forms.PersonForm,
        new_form_class=forms.NewPersonForm,
        columns=["full_name", "email", "last_login"],
        facts=["full_name", "email", "last_login"],
        special={"create": views.PersonCreate, "delete": views.PersonDelete},
        is_closed=True,
    ),
    inside.ask(*USER, "password", _("Set the password"), PasswordForm, set_password),
]
