"""Eight weeks of two companies that let flows do their work, and what goes wrong with that."""

from __future__ import annotations

from functools import partial

from django.contrib.auth.models import User

from example_project.demo.story.people import Person, account_of
from example_project.demo.story.stage import NOBODY, Stage, change
from example_project.flows import models
from example_project.flows.models.tenants import Resource
from example_project.tenants import of_flows

PEOPLE = (
    Person("finn", "Finn", "Castle", ("203.0.113.201", "198.51.100.202"), domain="harbor.example"),
    Person("greta", "Greta", "Olsen", ("203.0.113.201",), domain="harbor.example"),
    Person("dario", "Dario", "Conti", ("192.0.2.203", "203.0.113.201"), domain="harbor.example"),
    Person("olga", "Olga", "Marek", ("2001:db8:204::1",), domain="orchard.example"),
)
HARBOR, ORCHARD = "harbor", "orchard"

FLOWS = (
    ("Orders to the sheet", ["shop.on_order", "sheets.append"]),
    ("Refund by mail", ["mail.on_receive", "shop.refund", "mail.send"]),
    ("Daily figures", ["timer.every_day", "sheets.read", "mail.send"]),
)


def plan(stage: Stage) -> None:
    """Plan the scenes."""
    for number, (slug, name) in enumerate(((HARBOR, "Harbor Foods"), (ORCHARD, "Orchard"))):
        stage.scene(0.75 + number / 50, "admin", partial(found, name, slug), "new customer")
    stage.scene(0.8, "admin", lambda: hire(stage, HARBOR, PEOPLE[0]), tenant=of_flows(HARBOR))
    stage.scene(0.82, "admin", lambda: hire(stage, ORCHARD, PEOPLE[3]), tenant=of_flows(ORCHARD))
    stage.scene(0.85, "admin", lambda: allow(HARBOR, "finn", Resource.EVERYTHING))
    stage.scene(0.87, "admin", lambda: allow(ORCHARD, "olga", Resource.EVERYTHING))
    harbor(stage)
    templates(stage)
    running(stage)
    orchard(stage)


def harbor(stage: Stage) -> None:
    """People, rights and settings."""
    add = partial(stage.scene, tenant=of_flows(HARBOR))
    for number, service in enumerate(("shop", "sheets", "timer")):
        add(1.3 + number / 20, "finn", partial(install, HARBOR, service, "1.0.0"))
    add(1.7, "finn", lambda: hire(stage, HARBOR, PEOPLE[1]), "builds the flows")
    add(1.75, "finn", lambda: allow(HARBOR, "greta", Resource.FLOWS))
    add(4.6, "finn", lambda: hire(stage, HARBOR, PEOPLE[2]), "for the summer")
    add(4.7, "finn", lambda: allow(HARBOR, "dario", Resource.FLOWS), "for the summer")
    add(5.4, "finn", lambda: assign(HARBOR, "shop", "shop.refund", "greta"), "up to 50 EUR")
    add(2.5, "finn", lambda: configure(HARBOR, "smtp-host", "mail.harbor.example"))
    add(2.55, "finn", lambda: configure(HARBOR, "retry-limit", "3"))
    add(19.4, "finn", lambda: change(setting(HARBOR, "retry-limit"), value="5"), "the shop is slow")
    add(33.3, "finn", lambda: setting(HARBOR, "smtp-host").delete(), "the default is fine")
    add(11.4, "finn", lambda: install(HARBOR, "mail", "2.4.1"), "refunds need it", "OPS-9")
    add(23.4, "finn", lambda: change(connector(HARBOR, "shop"), version="1.1.0"), "", "OPS-14")
    add(25.4, "finn", lambda: change(rule(HARBOR, "dario"), resource=Resource.TEMPLATES))
    add(30.4, "finn", lambda: change(account_of("greta"), last_name="Olsen-Rye"), "married")
    add(45.4, "finn", lambda: another_password("greta"), "she forgot it")
    add(47.4, "finn", lambda: connector(HARBOR, "timer").delete(), "nothing uses it, we thought")
    add(47.9, "finn", lambda: install(HARBOR, "timer", "1.2.0"), "something does", "OPS-22")
    add(54.2, "finn", lambda: account_of("dario").delete(), "summer is over")
    for day in range(2, 56, 3):
        who = stage.random.choice(("finn", "greta", "finn"))
        add(day + 0.02, who, partial(stage.log_in, who))
    for minute in range(3):
        add(29.1 + minute / 100, NOBODY, partial(stage.fail_to_log_in, "administrator"))
    add(45.35, NOBODY, partial(stage.fail_to_log_in, "greta"))


def templates(stage: Stage) -> None:
    """From a flow that works to a template for the branches."""
    add = stage.scene
    add(13.4, "greta", make_template, "for the branches")
    add(13.6, "greta", lambda: template().start_test(stage.now))
    add(13.8, "greta", lambda: template().tests.get().stop(stage.now), "works")
    add(14.4, "greta", lambda: template().publish(), "tested", "OPS-11")
    add(26.4, "dario", lambda: edit_template(summary="One line an order, with its time"))
    add(26.5, "dario", lambda: template().start_test(stage.now))
    add(26.7, "dario", lambda: template().tests.first().stop(stage.now))
    add(27.3, "greta", lambda: template().update_published(), "tested twice", "OPS-17")
    add(34.4, "dario", lambda: template().tests.last().delete(), "tidy")
    add(
        41.6,
        "dario",
        lambda: models.IntegrationTemplate.objects.create(
            tenant=tenant(HARBOR), name="Draft of Dario", steps=["timer.every_hour"]
        ),
    )
    add(
        53.4,
        "greta",
        lambda: models.IntegrationTemplate.objects.get(name="Draft of Dario").delete(),
        "nobody needs it",
    )


def running(stage: Stage) -> None:
    """The flows themselves: made, started, stopped, cloned."""
    add = stage.scene
    for number, (name, steps) in enumerate(FLOWS):
        add(6.4 + number, "greta", partial(make_flow, HARBOR, name, steps))
        add(6.6 + number, "greta", partial(start, HARBOR, name))  # refunds cannot: no mail yet
    add(11.6, "greta", partial(start, HARBOR, "Refund by mail"), "now that there is mail", "OPS-9")
    for day in range(15, 52, 6):
        who = stage.random.choice(("greta", "finn"))
        add(day + 0.2, who, partial(stop, HARBOR, "Orders to the sheet"), "maintenance")
        add(day + 0.3, who, partial(start, HARBOR, "Orders to the sheet"))
    add(22.4, "dario", lambda: flow(HARBOR, "Orders to the sheet").clone())
    copy = "Orders to the sheet (copy)"
    add(22.5, "dario", lambda: change(flow(HARBOR, copy), name="Returns to the sheet"))
    add(22.7, "dario", partial(start, HARBOR, "Returns to the sheet"))
    add(
        40.5,
        "greta",
        lambda: change(flow(HARBOR, "Refund by mail"), steps=["mail.on_receive", "mail.send"]),
        "no refunds without a person",
        "OPS-20",
    )
    add(49.5, "finn", lambda: flow(HARBOR, "Returns to the sheet").delete(), "returns are manual")


def orchard(stage: Stage) -> None:
    add = partial(stage.scene, tenant=of_flows(ORCHARD))
    add(3.4, "olga", lambda: install(ORCHARD, "mail", "2.4.0"))
    add(3.6, "olga", lambda: make_flow(ORCHARD, "Answer mails", ["mail.on_receive", "mail.send"]))
    add(3.7, "olga", partial(start, ORCHARD, "Answer mails"))
    add(3.9, "olga", partial(configure, ORCHARD, "sender", "hello@orchard.example"))
    add(32.4, "olga", lambda: change(connector(ORCHARD, "mail"), version="2.4.1"))
    add(46.4, "olga", partial(stop, ORCHARD, "Answer mails"), "holidays")
    for day in (3, 12, 32, 46):
        add(day + 0.1, "olga", partial(stage.log_in, "olga"))


def found(name: str, slug: str) -> None:
    models.Tenant.objects.create(name=name, slug=slug)


def hire(stage: Stage, slug: str, person: Person) -> None:
    tenant(slug).users.add(stage.open_account(person))


def allow(slug: str, username: str, resource: str) -> None:
    models.AclRule.objects.create(tenant=tenant(slug), user=account_of(username), resource=resource)


def another_password(username: str) -> None:
    """One that nobody knows; the log tells no more than that there is another."""
    account = account_of(username)
    account.set_unusable_password()
    account.save(update_fields=["password"])


def install(slug: str, service: str, version: str) -> None:
    models.Connector.objects.create(tenant=tenant(slug), service=service, version=version)


def assign(slug: str, service: str, component: str, username: str) -> None:
    models.ComponentAccess.objects.create(
        connector=connector(slug, service), component=component, user=account_of(username)
    )


def configure(slug: str, key: str, value: str) -> None:
    models.Configuration.objects.create(tenant=tenant(slug), key=key, value=value)


def make_flow(slug: str, name: str, steps: list[str]) -> None:
    models.Flow.objects.create(tenant=tenant(slug), name=name, steps=steps)


def start(slug: str, name: str) -> None:
    flow(slug, name).start()


def stop(slug: str, name: str) -> None:
    flow(slug, name).stop()


def make_template() -> None:
    source = flow(HARBOR, "Orders to the sheet")
    models.IntegrationTemplate.objects.create(
        tenant=source.tenant, flow=source, name="Order sheet", steps=source.steps
    )


def edit_template(summary: str) -> None:
    """As the form does it: each edit is a new version."""
    edited = template()
    change(edited, summary=summary, version=edited.version + 1)


def template() -> models.IntegrationTemplate:
    return models.IntegrationTemplate.objects.get(name="Order sheet")


def tenant(slug: str) -> models.Tenant:
    return models.Tenant.objects.get(slug=slug)


def flow(slug: str, name: str) -> models.Flow:
    return models.Flow.objects.get(tenant__slug=slug, name=name)


def connector(slug: str, service: str) -> models.Connector:
    return models.Connector.objects.get(tenant__slug=slug, service=service)


def setting(slug: str, key: str) -> models.Configuration:
    return models.Configuration.objects.get(tenant__slug=slug, key=key)


def rule(slug: str, username: str) -> models.AclRule:
    user = User.objects.get(username=username)
    return models.AclRule.objects.get(tenant__slug=slug, user=user)
