"""The first days: accounts, permissions, products, customers; then the sales."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission

from example_project.demo.story.licensing import find
from example_project.demo.story.licensing.cast import (
    CUSTOMERS,
    PEOPLE,
    PRODUCTS,
    SALES,
    TEMPLATES,
    Sale,
)
from example_project.demo.story.people import Person
from example_project.demo.story.stage import Stage
from example_project.licensing import models

READERS = "Audit readers"


def plan(stage: Stage) -> None:
    """Plan the scenes."""
    admin, *others = PEOPLE
    stage.scene(0.3, "installation", partial(hire, stage, admin))
    stage.scene(0.32, "admin", create_readers, "who may read the audit log")
    for number, person in enumerate(others):
        stage.scene(0.4 + number / 50, "admin", partial(hire, stage, person), "new colleague")
    for number, name in enumerate(TEMPLATES):
        stage.scene(1.35 + number / 10, "admin", partial(create_template, stage, name))
    for number, person in enumerate(PEOPLE):
        stage.scene(1.8 + number / 100, "admin", partial(add_to_platform, stage, person))
    stage.scene(2.4, "admin", create_policies, "so that nobody is surprised")
    for number, row in enumerate(PRODUCTS):
        stage.scene(2.5 + number / 20, "mara", partial(create_product, *row), "price list 7")
    for number, (name, country, people) in enumerate(CUSTOMERS):
        who = ("mara", "theo")[number % 2]
        stage.scene(3.35 + number / 4, who, partial(create_customer, name, country, people))
    for number, sale in enumerate(SALES):
        who = ("mara", "theo")[number % 2]
        stage.scene(sale.day, who, partial(sell, stage, sale), ticket=f"SALES-{118 + number}")


def hire(stage: Stage, person: Person) -> None:
    """Give a colleague an account; two of them are staff of the site."""
    is_superuser = person.username == "admin"
    is_staff = is_superuser or person.username == "support"
    account = stage.open_account(person, is_staff=is_staff, is_superuser=is_superuser)
    if is_staff and not is_superuser:
        account.groups.add(Group.objects.get(name=READERS))


def create_readers() -> None:
    """Staff who read the log, and the systems' models in the admin."""
    group = Group.objects.create(name=READERS)
    group.permissions.add(
        *Permission.objects.filter(
            content_type__app_label="audit_log", codename__startswith="view"
        ),
        *Permission.objects.filter(
            content_type__app_label__in=("tracker", "workspaces", "licensing", "flows"),
            codename__startswith="view",
        ),
    )


def create_template(stage: Stage, name: str) -> None:
    description, permissions = TEMPLATES[name]
    template = models.PermissionTemplate.objects.create(name=name, description=description)
    if permissions:
        template.set_permissions(permissions)


def add_to_platform(stage: Stage, person: Person) -> None:
    models.PlatformUser.objects.create(
        user=get_user_model()._default_manager.get(username=person.username),
        display_name=person.full_name,
        role=person.role,
        permission_template=find.template(person.template),
    )


def create_policies() -> None:
    event = models.NotificationPolicy.Event
    for name, about, recipients in (
        ("Renewals", event.LICENSE_EXPIRING, "sales@vendor.example"),
        ("Blacklisted devices", event.DEVICE_BLACKLISTED, "support@vendor.example"),
        ("Everything disabled", event.LICENSE_DISABLED, "ada.berg@vendor.example"),
    ):
        models.NotificationPolicy.objects.create(name=name, event=about, recipients=recipients)


def create_product(name: str, code: str, license_type: str, price: str, devices: int) -> None:
    models.Product.objects.create(
        name=name,
        code=code,
        license_type=license_type,
        list_price=Decimal(price),
        max_devices=devices,
    )


def create_customer(name: str, country: str, people: tuple[str, ...]) -> None:
    domain = name.split(maxsplit=1)[0].lower() + ".example"
    customer = models.Customer.objects.create(
        company_name=name, contact_name=people[0], email=f"info@{domain}", country=country
    )
    for person in people:
        models.EndUser.objects.create(
            customer=customer,
            full_name=person,
            email=f"{person.split()[0].lower()}@{domain}",
        )


def sell(stage: Stage, sale: Sale) -> None:
    """One order is one transaction's worth of entries under one correlation id."""
    order = models.Order.objects.create(
        number=sale.number,
        customer=find.customer(sale.customer),
        placed_on=stage.now.date(),
        purchase_order=f"PO-{stage.random.randrange(10_000, 99_999)}",
    )
    for number, code, seats in sale.licenses:
        product = find.product(code)
        consumption = product.license_type == "consumption"
        models.License.objects.create(
            number=number,
            key=stage.key(),
            order=order,
            product=product,
            license_type=product.license_type,
            seats=seats,
            max_devices=product.max_devices,
            valid_until=(stage.now + timedelta(days=365)).date(),
            consumption_limit=50_000 if consumption else None,
        )
