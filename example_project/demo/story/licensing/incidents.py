"""What made these weeks different from others: mistakes, refusals, farewells."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.contrib.auth import get_user_model

from example_project.demo.story.licensing import find
from example_project.demo.story.licensing.everyday import activate, assign
from example_project.demo.story.stage import Stage, change
from example_project.licensing import models
from example_project.licensing.models.platform import Permission


def plan(stage: Stage) -> None:
    """Plan the scenes, each kind of action at least once."""
    sales(stage)
    support(stage)
    a_lost_laptop(stage)
    a_fraud(stage)
    housekeeping(stage)


def sales(stage: Stage) -> None:
    add = stage.scene
    add(6.4, "mara", lambda: find.order("O-2001").managers.add(find.platform_user("mara")))
    add(
        9.4,
        "mara",
        lambda: find.order("O-2001").managers.add(
            find.platform_user("theo"), find.platform_user("yuki")
        ),
        "Theo and Yuki take over while Mara travels",
    )
    add(
        24.5,
        "mara",
        lambda: find.order("O-2001").managers.remove(find.platform_user("yuki")),
        "back from travels",
    )
    add(
        12.6,
        "theo",
        lambda: change(find.order("O-2002"), note="Pays by quarter."),
        "",
        "SALES-130",
    )
    add(
        16.4,
        "mara",
        lambda: change(find.customer("Fjord Energy"), phone="+47 5555 0123", country="Norge"),
    )
    add(
        16.45,
        "mara",
        lambda: change(find.customer("Fjord Energy"), country="Norway"),
        "country names are English",
    )
    add(
        21.4,
        "theo",
        lambda: change(
            find.product("atlas-cad"), list_price=Decimal("1390.00"), description="With 3D export."
        ),
        "price list 8",
    )
    add(22.4, "theo", lambda: find.product("delta-trial").deactivate(), "trials pause in autumn")
    add(32.4, "theo", lambda: find.product("delta-trial").activate(), "one more trial", "SALES-141")
    add(
        37.4,
        "mara",
        lambda: change(find.license("L-3003"), seats=40, note="Ward 7 joined."),
        "order extended by phone",
        "SALES-147",
    )
    add(52.4, "mara", lambda: find.license("L-3008").disable(), "payment overdue", "SALES-152")


def support(stage: Stage) -> None:
    add = stage.scene
    add(
        18.4,
        "yuki",
        lambda: assign(stage, "L-3002", "Sofia Ruiz"),
        "starts on Monday",
        "SUP-402",
    )
    add(
        18.5,
        "yuki",
        lambda: find.license("L-3002").unassign(find.end_user("Diego Campos")),
        "on leave",
        "SUP-402",
    )
    add(
        18.6,
        "yuki",
        lambda: assign(stage, "L-3002", "Sofia Ruiz"),
        "now that a seat is free",
        "SUP-402",
    )
    add(
        28.5,
        "support",
        lambda: find.license("L-3005").reset(),
        "all computers replaced",
        "SUP-417",
    )
    add(
        30.4,
        "ravi",
        lambda: change(find.field("L-3005", "Cost centre"), value="CC-800"),
        "the customer's reorganisation",
    )
    add(31.4, "ravi", lambda: find.field("L-3003", "Cost centre").delete(), "asked for by e-mail")
    add(
        34.4,
        "support",
        lambda: find.license("L-3004").reset_consumption(),
        "a loop in their script burnt the quota",
        "SUP-425",
    )
    add(
        40.4,
        "yuki",
        lambda: borrow(stage, "l-3006-ws1", 14),
        "two weeks on the rig",
        "SUP-431",
    )
    add(49.4, "yuki", lambda: find.device("l-3006-ws1").release_borrow(), "back early", "SUP-431")
    add(54.4, "yuki", lambda: borrow(stage, "l-3006-ws2", 21), "winter on the rig", "SUP-440")
    add(44.5, "ravi", lambda: find.device("l-3007-ws2").reset(), "new graphics card", "SUP-436")
    add(
        45.4,
        "ravi",
        lambda: find.license("L-3007").set_features(["export", "priority_support"]),
        "upgrade",
    )


def a_lost_laptop(stage: Stage) -> None:
    """A notebook is stolen; whoever has it tries to take the license along."""
    add = stage.scene
    add(38.4, "support", lambda: find.license("L-3001").disable(), "notebook stolen", "SUP-429")
    add(
        38.42,
        "support",
        lambda: find.device("l-3001-ws2").blacklist(),
        "notebook stolen",
        "SUP-429",
    )
    add(38.6, "activation-service", lambda: borrow(stage, "l-3001-ws2", 30), "the device asked")
    add(
        39.4,
        "support",
        lambda: find.license("L-3001").enable(),
        "only the notebook stays out",
        "SUP-429",
    )


def a_fraud(stage: Stage) -> None:
    """One license, shared by half a town, is disabled and at last deleted."""
    add = stage.scene
    add(43.5, "activation-service", lambda: activate_many(stage, "L-3010", 4))
    add(44.4, "license-watch", lambda: find.license("L-3010").disable(), "6 devices in 2 countries")
    add(44.6, "theo", lambda: find.license("L-3010").enable(), "the customer promised to stop")
    add(46.4, "license-watch", lambda: find.license("L-3010").disable(), "9 devices in 4 countries")
    add(47.4, "admin", lambda: find.license("L-3010").delete(), "fraud, contract ended", "LEGAL-12")
    add(47.5, "admin", lambda: find.order("O-2009").delete(), "fraud, contract ended", "LEGAL-12")


def housekeeping(stage: Stage) -> None:
    add = stage.scene
    add(
        10.4,
        "admin",
        lambda: change(find.platform_user("ravi"), role="sales"),
        "helps out in sales",
    )
    add(20.4, "admin", lambda: change(find.platform_user("ravi"), role="support"))
    add(
        13.4,
        "admin",
        lambda: find.template("Sales").set_permissions(
            [Permission.PRODUCTS, Permission.CUSTOMERS, Permission.ORDERS]
        ),
        "licenses are support's",
    )
    add(
        23.4,
        "admin",
        lambda: change(find.template("Support"), description="Licenses, devices, first aid"),
    )
    add(25.4, "admin", lambda: find.template("Interns").delete(), "summer is over")
    add(
        27.4,
        "admin",
        lambda: change(
            policy("Renewals"),
            days_before=30,
            recipients="sales@vendor.example\nmara.lindqvist@vendor.example",
        ),
        "two weeks were too short",
    )
    add(36.4, "admin", lambda: policy("Everything disabled").delete(), "too many e-mails")
    add(42.4, "mara", lambda: find.product("atlas-viewer").archive(), "end of sale")
    add(42.5, "mara", lambda: find.product("atlas-viewer").unarchive(), "wrong product")
    add(42.6, "mara", lambda: find.product("cobalt-sync").archive(), "end of sale")
    add(48.4, "theo", old_kit, "for the fair")
    add(50.4, "theo", lambda: find.product("fair-kit").delete(), "the fair is cancelled")
    add(50.6, "theo", prospect, "met before the fair")
    add(
        51.4,
        "theo",
        lambda: find.customer("Blue Door Books").delete(),
        "no interest, wants no mail",
    )
    add(53.4, "admin", lambda: find.platform_user("theo").delete(), "leaves the company")
    add(53.5, "admin", lambda: close_account("theo"), "leaves the company")
    add(
        54.5,
        "admin",
        lambda: change(find.customer("Quetzal Architects"), contact_name="Luz Herrera Díaz"),
    )
    add(55.4, "support", lambda: find.license("L-3002").unassign(find.end_user("Sofia Ruiz")))


def borrow(stage: Stage, hostname: str, days: int) -> None:
    find.device(hostname).borrow((stage.now + timedelta(days=days)).date())


def activate_many(stage: Stage, number: str, count: int) -> None:
    for host in range(count):
        activate(stage, number, f"internet-cafe-{host + 1}")


def policy(name: str) -> models.NotificationPolicy:
    return models.NotificationPolicy.objects.get(name=name)


def old_kit() -> None:
    models.Product.objects.create(name="Fair Kit", code="fair-kit", license_type="trial")


def prospect() -> None:
    models.Customer.objects.create(company_name="Blue Door Books", email="hello@bluedoor.example")


def close_account(username: str) -> None:
    """The account stays, so that nobody takes the name; nobody can log in with it."""
    account = get_user_model()._default_manager.get(username=username)
    change(account, is_active=False)
