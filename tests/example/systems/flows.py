"""D: flow automation, by its forms, the admin and REST."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from example_project.flows import models
from tests.example.systems.common import (
    ADDRESS,
    Expected,
    Performers,
    Steps,
    World,
    gone,
    masked,
    moment,
    moved,
    named,
    set_to,
    user_values,
    was,
)

performs = Performers()
PASSWORD = "correct horse battery"
STEPS = ["shop.on_order", "mail.send"]
SECRET = "never-to-be-told"


class Company(World):
    """A tenant that the person administers, without being staff of the site."""

    namespace = "flows"
    tenant = "flows:harbor"
    args = ("harbor",)

    def __init__(self) -> None:
        super().__init__()
        self.company = models.Tenant.objects.create(name="Harbor Foods", slug="harbor")
        self.user = User.objects.create_user(
            "ravi", "ravi@harbor.example", PASSWORD, first_name="Ravi", last_name="Menon"
        )
        self.company.users.add(self.account, self.user)
        everything = {"user": self.account, "resource": "everything"}
        models.AclRule.objects.create(tenant=self.company, **everything)
        self.shop = self.connector("shop")
        self.mail = self.connector("mail")
        self.flow = models.Flow.objects.create(tenant=self.company, name="Orders", steps=STEPS)
        self.template = models.IntegrationTemplate.objects.create(
            tenant=self.company, flow=self.flow, name="Order mail", steps=STEPS
        )

    def connector(self, service: str) -> models.Connector:
        return models.Connector.objects.create(tenant=self.company, service=service, version="1.0")

    def named(self, changes: dict[str, Any], **texts: str) -> dict[str, Any]:
        """As entries tell what belongs to the tenant."""
        return named(changes, tenant="Harbor Foods", **texts)


@performs("configuration.update")
def _(p: Company) -> Steps:
    setting = models.Configuration.objects.create(
        tenant=p.company, key="smtp", value="a.example", secret=SECRET
    )
    yield None
    p.edit("configuration-update", setting.pk, value="b.example", secret="another")
    yield Expected(setting, moved("value", "a.example", "b.example") | masked("secret"))


@performs("configuration.update", "admin")
def _(p: Company) -> Steps:
    p.make_staff()
    setting = models.Configuration.objects.create(tenant=p.company, key="smtp", value="a.example")
    yield None
    p.edit("admin:flows_configuration_change", setting.pk, value="b.example")
    yield Expected(setting, moved("value", "a.example", "b.example"), reason="")


@performs("configuration.delete")
def _(p: Company) -> Steps:
    setting = models.Configuration.objects.create(tenant=p.company, key="smtp", secret=SECRET)
    target = gone(setting)
    yield None
    p.post("configuration-delete", setting.pk)
    lost = p.named(was(tenant=p.company.pk, key="smtp", value=""))
    yield Expected(target, lost | masked("secret"))


@performs("acl_rule.create")
def _(p: Company) -> Steps:
    yield None
    p.post("aclrule-create", user=p.user.pk, resource="flows", note="helps out")
    rule = models.AclRule.objects.get(user=p.user)
    values = {"tenant": p.company.pk, "user": p.user.pk, "resource": "flows", "note": "helps out"}
    yield Expected(rule, p.named(set_to(**values), user="ravi"), [p.user])


@performs("acl_rule.update")
def _(p: Company) -> Steps:
    rule = models.AclRule.objects.create(tenant=p.company, user=p.user, resource="flows")
    yield None
    p.edit("aclrule-update", rule.pk, resource="templates")
    rule.refresh_from_db()
    yield Expected(rule, moved("resource", "flows", "templates"), [p.user])


@performs("component_access.assign")
def _(p: Company) -> Steps:
    yield None
    p.post("access-create", p.shop.pk, component="shop.refund", user=p.user.pk)
    access = models.ComponentAccess.objects.get()
    values = {"connector": p.shop.pk, "component": "shop.refund", "user": p.user.pk}
    changes = named(set_to(**values), connector="Web shop", user="ravi")
    yield Expected(access, changes, [p.shop, p.user])


def flow_values(p: Company, **values: Any) -> dict[str, Any]:
    steps = {"steps": STEPS, "is_running": False}
    return {"tenant": p.company.pk, "description": "", **steps, **values}


@performs("flow.create")
def _(p: Company) -> Steps:
    yield None
    p.post("flow-create", name="Returns", steps="shop.on_order\n\n mail.send ")
    flow = models.Flow.objects.get(name="Returns")
    yield Expected(flow, p.named(set_to(**flow_values(p, name="Returns"))))


@performs("flow.create", "rest")
def _(p: Company) -> Steps:
    yield None
    p.rest("post", "/api/flows/harbor/flows/", {"name": "Returns", "steps": STEPS}, 201)
    flow = models.Flow.objects.get(name="Returns")
    yield Expected(flow, p.named(set_to(**flow_values(p, name="Returns"))), reason="")


@performs("flow.update")
def _(p: Company) -> Steps:
    yield None
    p.edit("flow-update", p.flow.pk, description="Since May", steps="shop.on_order")
    changes = moved("description", "", "Since May") | moved("steps", STEPS, ["shop.on_order"])
    yield Expected(p.flow, changes)


@performs("flow.update", "rest")
def _(p: Company) -> Steps:
    yield None
    p.rest("patch", f"/api/flows/harbor/flows/{p.flow.pk}/", {"description": "Since May"})
    yield Expected(p.flow, moved("description", "", "Since May"), reason="")


@performs("flow.start")
def _(p: Company) -> Steps:
    yield None
    p.post("flow-action", p.flow.pk, "start")
    yield Expected(p.flow, moved("is_running", False, True))


@performs("flow.start", "rest")
def _(p: Company) -> Steps:
    yield None
    p.rest("post", f"/api/flows/harbor/flows/{p.flow.pk}/start/", {"reason": "ticket 811"})
    yield Expected(p.flow, moved("is_running", False, True))


@performs("flow.start", "admin")
def _(p: Company) -> Steps:
    p.make_staff()
    yield None
    p.edit("admin:flows_flow_change", p.flow.pk, is_running=True, steps='["mail.send"]')
    changes = moved("is_running", False, True) | moved("steps", STEPS, ["mail.send"])
    yield Expected(p.flow, changes, reason="")


@performs("flow.stop")
def _(p: Company) -> Steps:
    p.flow.start()
    yield None
    p.post("flow-action", p.flow.pk, "stop")
    yield Expected(p.flow, moved("is_running", True, False))


@performs("flow.stop", "rest")
def _(p: Company) -> Steps:
    p.flow.start()
    yield None
    p.rest("post", f"/api/flows/harbor/flows/{p.flow.pk}/stop/", {"reason": "ticket 811"})
    yield Expected(p.flow, moved("is_running", True, False))


def old_flow(p: Company) -> models.Flow:
    return models.Flow.objects.create(tenant=p.company, name="Fax", steps=STEPS)


@performs("flow.delete")
def _(p: Company) -> Steps:
    flow = old_flow(p)
    target = gone(flow)
    yield None
    p.post("flow-delete", flow.pk)
    yield Expected(target, p.named(was(**flow_values(p, name="Fax"))))


@performs("flow.delete", "rest")
def _(p: Company) -> Steps:
    flow = old_flow(p)
    target = gone(flow)
    yield None
    p.rest("delete", f"/api/flows/harbor/flows/{flow.pk}/", status=204)
    yield Expected(target, p.named(was(**flow_values(p, name="Fax"))), reason="")


@performs("flow.clone")
def _(p: Company) -> Steps:
    yield None
    p.post("flow-action", p.flow.pk, "clone")
    yield Expected(p.flow, {}, [models.Flow.objects.get(name="Orders (copy)")])


@performs("flow.clone", "rest")
def _(p: Company) -> Steps:
    url = f"/api/flows/harbor/flows/{p.flow.pk}/clone/"
    yield None
    p.rest("post", url, {"reason": "ticket 811"}, 201)
    yield Expected(p.flow, {}, [models.Flow.objects.get(name="Orders (copy)")])


@performs("integration_template.create")
def _(p: Company) -> Steps:
    yield None
    p.post("template-create", name="Returns", flow=p.flow.pk, steps="mail.send")
    template = models.IntegrationTemplate.objects.get(name="Returns")
    values = {
        "tenant": p.company.pk,
        "flow": p.flow.pk,
        "name": "Returns",
        "summary": "",
        "steps": ["mail.send"],
        "version": 1,
        "is_published": False,
    }
    yield Expected(template, p.named(set_to(**values), flow="Orders"), [p.flow])


@performs("integration_template.update")
def _(p: Company) -> Steps:
    yield None
    p.edit("template-update", p.template.pk, summary="One mail an order")
    changes = moved("summary", "", "One mail an order") | moved("version", 1, 2)
    yield Expected(p.template, changes, [p.flow])


@performs("integration_template.publish")
def _(p: Company) -> Steps:
    yield None
    p.post("template-action", p.template.pk, "publish")
    changes = moved("is_published", False, True) | moved("published_version", None, 1)
    yield Expected(p.template, changes, [p.flow])


@performs("integration_template.update_published")
def _(p: Company) -> Steps:
    p.template.publish()
    p.edit("template-update", p.template.pk, summary="One mail an order")
    yield None
    p.post("template-action", p.template.pk, "update-published")
    yield Expected(p.template, moved("published_version", 1, 2), [p.flow])


@performs("integration_template.delete")
def _(p: Company) -> Steps:
    template = models.IntegrationTemplate.objects.create(tenant=p.company, name="Fax")
    target = gone(template)
    yield None
    p.post("template-delete", template.pk)
    values = {"summary": "", "steps": [], "version": 1, "is_published": False}
    lost = was(tenant=p.company.pk, name="Fax", **values)
    yield Expected(target, p.named(lost))


def report() -> dict[str, Any]:
    return {"report": [{"step": step, "installed": True} for step in STEPS]}


@performs("template_test.start")
def _(p: Company) -> Steps:
    yield None
    p.post("template-action", p.template.pk, "start-test")
    test = models.TemplateTest.objects.get()
    values = {
        "template": p.template.pk,
        "version": 1,
        "started_at": moment(test.started_at),
        "has_failed": False,
        **report(),
    }
    yield Expected(test, named(set_to(**values), template="Order mail"), [p.template])


@performs("template_test.stop")
def _(p: Company) -> Steps:
    test = p.template.start_test()
    yield None
    p.post("test-action", test.pk, "stop")
    test.refresh_from_db()
    yield Expected(test, moved("stopped_at", None, moment(test.stopped_at)), [p.template])


@performs("template_test.delete")
def _(p: Company) -> Steps:
    test = p.template.start_test()
    target = gone(test)
    yield None
    p.post("test-delete", test.pk)
    lost = was(
        template=p.template.pk,
        version=1,
        started_at=moment(test.started_at),
        has_failed=False,
        **report(),
    )
    yield Expected(target, named(lost, template="Order mail"), [p.template])


@performs("connector.install")
def _(p: Company) -> Steps:
    yield None
    p.post("connector-create", service="timer", version="3.2")
    connector = models.Connector.objects.get(service="timer")
    values = {"tenant": p.company.pk, "service": "timer", "version": "3.2"}
    yield Expected(connector, p.named(set_to(**values)))


@performs("connector.update")
def _(p: Company) -> Steps:
    yield None
    p.edit("connector-update", p.shop.pk, version="1.1")
    yield Expected(p.shop, moved("version", "1.0", "1.1"))


@performs("connector.update", "admin")
def _(p: Company) -> Steps:
    p.make_staff()
    yield None
    p.edit("admin:flows_connector_change", p.shop.pk, version="1.1")
    yield Expected(p.shop, moved("version", "1.0", "1.1"), reason="")


@performs("connector.uninstall")
def _(p: Company) -> Steps:
    target = gone(p.shop)
    yield None
    p.post("connector-delete", p.shop.pk)
    lost = was(tenant=p.company.pk, service="shop", version="1.0")
    yield Expected(target, p.named(lost))


@performs("user.create")
def _(p: Company) -> Steps:
    yield None
    p.post("user-create", username="yuki", password1=PASSWORD, password2=PASSWORD)
    user = User.objects.get(username="yuki")
    yield Expected(user, set_to(**user_values(user)) | masked("password"))


@performs("user.update")
def _(p: Company) -> Steps:
    yield None
    p.edit("user-update", p.user.pk, last_name="Menon-Rao")
    yield Expected(p.user, moved("last_name", "Menon", "Menon-Rao"))


@performs("user.delete")
def _(p: Company) -> Steps:
    target = gone(p.user)
    yield None
    p.post("user-delete", p.user.pk)
    yield Expected(target, was(**user_values(p.user)) | masked("password"))


def come_in(p: Company, password: str) -> int:
    """Go to the tenant's own door."""
    stranger = Client(REMOTE_ADDR=ADDRESS)
    form = {"username": "ravi", "password": password}
    return stranger.post(p.url("login"), form).status_code


@performs("user.log_in (right)")
def _(p: Company) -> Steps:
    yield None
    assert come_in(p, PASSWORD) == 302
    yield Expected(p.user, {}, reason="", actor=p.user)


@performs("user.log_in (wrong)")
def _(p: Company) -> Steps:
    yield None
    assert come_in(p, "guess") == 200
    yield Expected(("", "", "ravi"), {}, reason="", actor=("anonymous", ""), outcome="failure")


@performs("user.change_password")
def _(p: Company) -> Steps:
    yield None
    p.post("user-password", p.user.pk, password1=PASSWORD, password2=PASSWORD)
    yield Expected(p.user, masked("password"))


@performs("user.change_password", "admin")
def _(p: Company) -> Steps:
    p.make_staff()
    form = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    yield None
    p.post("admin:auth_user_password_change", p.user.pk, **form)
    # There too it is the tenant's account.
    yield Expected(p.user, masked("password"), reason="")
