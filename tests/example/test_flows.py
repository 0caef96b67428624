"""Flow automation beyond its single actions: tenants, their door, what refers to a flow."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from audit_log.models import AuditEntry
from example_project import settings as example
from example_project.flows import models
from tests.example.systems.flows import PASSWORD, Company

pytestmark = [pytest.mark.django_db, pytest.mark.urls("example_project.urls")]
FLOWS = "/api/flows/harbor/flows/"


@pytest.fixture(autouse=True)
def as_in_the_example(settings: Any) -> None:
    settings.AUDIT_LOG = example.AUDIT_LOG


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture
def stranger(company: Company) -> User:
    """The administrator of another tenant."""
    account = User.objects.create_user("olga", "olga@orchard.example", PASSWORD)
    orchard = models.Tenant.objects.create(name="Orchard", slug="orchard")
    orchard.users.add(account)
    models.AclRule.objects.create(tenant=orchard, user=account, resource="everything")
    return account


def test_everything_about_a_flow_is_found_by_it(company: Company) -> None:
    company.post("flow-action", company.flow.pk, "clone")
    company.post("template-action", company.template.pk, "publish")
    copy = models.Flow.objects.get(name="Orders (copy)")
    company.post("flow-action", copy.pk, "start")

    entries = company.client.get(
        f"/api/audit-log/entries/?object=flows.flow:{company.flow.pk}"
    ).json()
    assert [entry["action"] for entry in entries["results"]] == [
        "integration_template.publish",
        "flow.clone",
        "integration_template.create",
        "flow.create",
    ]
    page = company.client.get(copy.get_absolute_url()).text
    assert "Flow cloned" in page
    assert "Flow started" in page


def test_flow_without_its_connectors_does_not_start(company: Company) -> None:
    company.post("connector-delete", company.mail.pk)
    company.post("flow-action", company.flow.pk, "start")
    company.rest("post", f"{FLOWS}{company.flow.pk}/start/", {}, 409)
    entries = AuditEntry.objects.filter(action="flow.start")
    assert [entry.outcome for entry in entries] == ["failure", "failure"]
    assert {entry.metadata["refused"] for entry in entries} == {"Not installed: mail.send."}
    assert {entry.tenant for entry in entries} == {"flows:harbor"}
    assert not models.Flow.objects.get().is_running
    company.post("template-action", company.template.pk, "start-test")
    assert models.TemplateTest.objects.get().has_failed


def test_to_others_the_tenant_is_not_there(company: Company, stranger: User) -> None:
    client = Client()
    client.force_login(stranger)
    for page in ("flow-list", "template-list", "user-list", "configuration-list"):
        assert client.get(company.url(page)).status_code == 404
    assert client.get(company.flow.get_absolute_url()).status_code == 404
    assert client.get(f"/flows/orchard/flows/{company.flow.pk}/").status_code == 404
    assert client.get(f"/flows/orchard/system/users/{company.user.pk}/").status_code == 404
    assert client.get(FLOWS).status_code == 404
    assert client.get(f"/api/flows/orchard/flows/{company.flow.pk}/").status_code == 404
    assert "Harbor" not in client.get("/flows/").text


def test_rules_say_what_somebody_may_change(company: Company) -> None:
    client = Client()
    client.force_login(company.user)
    start = company.url("flow-action", company.flow.pk, "start")
    assert client.get(company.url("flow-list")).status_code == 200
    assert client.post(start).status_code == 403
    assert client.get(company.url("user-list")).status_code == 403
    company.post("aclrule-create", user=company.user.pk, resource="flows")
    assert client.post(start).status_code == 302
    assert client.get(company.url("configuration-list")).status_code == 403
    # A rule is void where the account is none of the tenant's any more.
    company.company.users.remove(company.user)
    assert client.post(start).status_code == 404


def test_log_is_read_by_rule(company: Company) -> None:
    client = Client()
    client.force_login(company.user)
    assert client.get("/api/audit-log/entries/").json()["count"] == 0
    company.post("aclrule-create", user=company.user.pk, resource="audit_log")
    results = client.get("/api/audit-log/entries/?page_size=200").json()["results"]
    assert {entry["tenant"] for entry in results} == {"flows:harbor"}
    assert "audit-log-history" in client.get(company.flow.get_absolute_url()).text


def test_door_lets_in_the_tenants_own_accounts(company: Company, stranger: User) -> None:
    client = Client()
    answer = client.get(company.url("flow-list"))
    assert answer.url.startswith(company.url("login"))
    assert "Harbor Foods" in client.get(company.url("login")).text
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    form = {"username": "olga", "password": PASSWORD}
    refused = client.post(company.url("login"), form)
    assert "not one of Harbor Foods" in refused.text
    entry = AuditEntry.objects.exclude(pk__in=before).get()
    assert (entry.action, entry.outcome) == ("user.log_in", "failure")
    assert (entry.target_repr, entry.actor_type) == ("olga", "anonymous")
    assert client.post("/flows/orchard/login/", form).status_code == 302
    assert client.get("/flows/nowhere/login/").status_code == 404


def test_accounts_of_a_tenant_are_its_own_wherever_they_act(company: Company) -> None:
    client = Client()
    assert client.login(username="ravi", password=PASSWORD)
    entry = AuditEntry.objects.filter(action="user.log_in").latest("id")
    assert (entry.target_repr, entry.tenant) == ("ravi", "flows:harbor")
    elsewhere = User.objects.create_user("somebody")
    entry = AuditEntry.objects.for_object(elsewhere).get()
    assert entry.tenant == ""


def test_whoever_manages_users_does_not_reach_the_staffs(company: Company) -> None:
    root = User.objects.create_superuser("root")
    company.company.users.add(root)
    for page in ("user-detail", "user-password", "user-delete"):
        assert company.client.get(company.url(page, root.pk)).status_code == 404


def test_every_edit_of_a_template_is_a_version(company: Company) -> None:
    company.edit("template-update", company.template.pk)
    assert models.IntegrationTemplate.objects.get().version == 1
    company.edit("template-update", company.template.pk, steps="mail.send")
    assert models.IntegrationTemplate.objects.get().version == 2
    company.post("template-action", company.template.pk, "update-published")
    company.post("template-action", company.template.pk, "publish")
    company.post("template-action", company.template.pk, "unpublish")
    actions = AuditEntry.objects.for_object(company.template).values_list("action", flat=True)
    assert [action.partition(".")[2] for action in actions] == [
        "unpublish",
        "publish",
        "update",
        "create",
    ]


def test_secret_that_is_not_sent_stays(company: Company) -> None:
    setting = models.Configuration.objects.create(
        tenant=company.company, key="smtp", value="a", secret="hush"
    )
    page = company.client.get(company.url("configuration-update", setting.pk)).text
    assert "hush" not in page
    company.edit("configuration-update", setting.pk, value="b", secret="")
    setting.refresh_from_db()
    assert (setting.value, setting.secret) == ("b", "hush")
    assert not any("hush" in str(entry.changes) for entry in AuditEntry.objects.all())


def test_access_is_withdrawn(company: Company) -> None:
    company.post("access-create", company.shop.pk, component="shop.refund", user=company.user.pk)
    access = models.ComponentAccess.objects.get()
    assert "shop.refund" in company.client.get(company.shop.get_absolute_url()).text
    company.post("access-delete", access.pk)
    actions = AuditEntry.objects.for_object(company.shop).values_list("action", flat=True)
    assert list(actions) == [
        "component_access.withdraw",
        "component_access.assign",
        "connector.install",
    ]


def test_rest_refuses_what_the_rules_do_not_allow(company: Company) -> None:
    models.AclRule.objects.all().delete()
    company.rest("get", FLOWS)
    company.rest("post", FLOWS, {"name": "New"}, 403)
    company.rest("post", f"{FLOWS}{company.flow.pk}/start/", {}, 403)
    assert Client().get(FLOWS).status_code in {401, 403}
    company.rest("post", "/api/flows/nowhere/flows/", {"name": "New"}, 404)
