"""Eight weeks of account administration: a company's groups, applications and permissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.models import Permission as DjangoPermission

from example_project.demo.story.people import Person, account_of
from example_project.demo.story.stage import NOBODY, Stage, change
from example_project.tenants import TRACKER
from example_project.tracker import models
from example_project.tracker.models.roles import Permission

DOMAIN = "works.example"
OFFICE = "203.0.113.140"

PEOPLE = (
    Person("tess", "Tess", "Novak", (OFFICE, "198.51.100.61"), domain=DOMAIN),
    Person("ulf", "Ulf", "Brandt", (OFFICE,), domain=DOMAIN),
    Person("vera", "Vera", "Simms", (OFFICE, "2001:db8:77::3"), domain=DOMAIN),
    Person("pablo", "Pablo", "Reyes", ("198.51.100.82",), domain=DOMAIN),
    Person("ines", "Ines", "Duarte", (OFFICE, "192.0.2.88"), domain=DOMAIN),
    Person("hugo", "Hugo", "Lang", (OFFICE,), domain=DOMAIN),
)

GROUPS = {
    "System administrators": "Who looks after the tracker",
    "Everybody": "All of the company",
    "Finance": "Invoices and budgets",
    "Finance leads": "Who approves",
    "Sales": "North and south",
}
NESTED = (("Finance", "Everybody"), ("Sales", "Everybody"), ("Finance leads", "Finance"))
MEMBERS = {
    "Finance": ("ulf", "ines"),
    "Finance leads": ("vera",),
    "Sales": ("pablo", "hugo"),
}
WORKSPACES = {
    "Back office": (("Invoices", "INV"), ("Budgets", "BUD"), ("Telex", "TX")),
    "Sales": (("Requests", "REQ"), ("Visits", "VIS")),
    "Pilot": (),
}


def plan(stage: Stage) -> None:
    """Plan the scenes."""
    add = partial(stage.scene, tenant=TRACKER)
    add(0.5, "admin", create_administrators, "the tracker gets its own administration")
    add(0.52, "admin", partial(hire, stage, PEOPLE[0], "System administrators"), "runs the tracker")
    for number, person in enumerate(PEOPLE[1:]):
        add(1.2 + number / 20, "tess", partial(stage.open_account, person), "new colleague")
    for number, (name, description) in enumerate(list(GROUPS.items())[1:]):
        add(1.6 + number / 20, "tess", partial(create_group, name, description))
    for number, (inner, outer) in enumerate(NESTED):
        add(1.9 + number / 50, "tess", partial(nest, inner, outer), "groups of groups")
    for number, (name, members) in enumerate(MEMBERS.items()):
        for username in members:
            add(2.3 + number / 10, "tess", partial(join, username, name))
    for number, (name, applications) in enumerate(WORKSPACES.items()):
        add(3.2 + number / 4, "tess", partial(create_workspace, name))
        for application in applications:
            add(3.25 + number / 4, "tess", partial(create_application, name, *application))
    roles(stage, add)
    changes(stage, add)
    a_closed_account(stage, add)
    for day in range(2, 56, 3):
        who = stage.random.choice(PEOPLE).username
        if day > 5 and (who, day) != ("vera", 41):
            stage.scene(day + 0.05, who, partial(stage.log_in, who))


def roles(stage: Stage, add: Callable[..., None]) -> None:
    """The permission groups, at three levels, and who comes and goes."""
    add(4.2, "tess", create_roles, "who may do what")
    for day, what, role, verb, name in (
        (4.3, "group", workspace_role, "add", "Finance leads"),
        (4.4, "group", app_role, "add", "Finance"),
        (4.5, "user", system_role, "add", "ulf"),
        (7.3, "user", workspace_role, "add", "ines"),
        (9.4, "user", app_role, "add", "hugo"),
        (18.3, "user", app_role, "remove", "hugo"),
        (22.4, "group", system_role, "add", "Finance leads"),
        (29.4, "group", system_role, "remove", "Finance leads"),
        (36.3, "user", workspace_role, "remove", "ines"),
        (37.3, "group", app_role, "remove", "Finance"),
        (37.4, "group", app_role, "add", "Finance leads"),
        (44.4, "group", workspace_role, "remove", "Finance leads"),
        (44.5, "user", workspace_role, "add", "vera"),
        (51.4, "user", system_role, "remove", "ulf"),
    ):
        add(day, "tess", partial(move, what, role, verb, name), REASONS.get(day, ""))


REASONS = {
    22.4: "while Tess is away",
    29.4: "Tess is back",
    36.3: "moves to sales",
    51.4: "one administrator is enough, said the auditors",
}


def changes(stage: Stage, add: Callable[..., None]) -> None:
    """What is renamed, replaced and given up."""
    add(10.4, "ulf", lambda: change(workspace("Back office"), description="First floor"))
    add(12.4, "tess", lambda: change(group("Sales"), description="North, south and export"))
    add(13.4, "tess", lambda: change(account_of("ines"), last_name="Duarte-Lang"), "married")
    add(14.4, "tess", lambda: change(account_of("pablo"), username="pablo.reyes"), "two Pablos")
    add(14.5, "tess", lambda: change(account_of("pablo.reyes"), username="pablo"), "he left again")
    add(16.4, "ulf", lambda: change(application("Budgets"), prefix="B", description="By quarter"))
    add(24.4, "tess", lambda: leave("hugo", "Sales"), "moves to the back office", "HR-31")
    add(24.5, "tess", lambda: join("hugo", "Finance"), "moves to the back office", "HR-31")
    add(27.4, "tess", lambda: group("Finance leads").remove_from(group("Finance")), "HR asked")
    add(27.5, "tess", lambda: nest("Finance leads", "Everybody"), "HR asked")
    add(33.4, "tess", lambda: nest("Everybody", "Sales"), "a mistake that is refused")
    add(48.4, "ulf", lambda: application("Telex").delete(), "nobody has used it for a year", "IT-7")
    add(49.3, "tess", lambda: workspace("Pilot").delete(), "the pilot is over")
    add(50.3, "tess", lambda: create_group("Pilot group", "For the fair"))
    add(50.4, "tess", lambda: group("Pilot group").delete(), "the fair is cancelled")
    add(53.3, "tess", lambda: account_of("hugo").delete(), "left the company", "HR-44")


def a_closed_account(stage: Stage, add: Callable[..., None]) -> None:
    """Why can Vera no longer log in? The log says why."""
    for minute in range(4):
        stage.scene(41.08 + minute / 100, NOBODY, partial(stage.fail_to_log_in, "vera"))
    add(41.2, "tess", lambda: deactivate("vera"), "guessed passwords in the night", "IT-5")
    stage.scene(41.6, NOBODY, partial(stage.fail_to_log_in, "vera"))
    add(42.2, "tess", lambda: set_password("vera"), "she came by", "IT-5")
    add(42.25, "tess", lambda: activate("vera"), "she came by", "IT-5")
    stage.scene(42.3, "vera", partial(stage.log_in, "vera"))


def create_administrators() -> None:
    """They read the log by Django's own permissions, which a user group can have."""
    name, description = next(iter(GROUPS.items()))
    created = models.UserGroup.objects.create(name=name, description=description)
    created.permissions.add(
        *DjangoPermission.objects.filter(codename__in=("view_auditentry", "export_auditentry"))
    )
    role = models.SystemPermissionGroup.objects.create(name="Administrators")
    role.set_permissions(Permission.values)
    role.groups.add(created.group_ptr)


def hire(stage: Stage, person: Person, group_name: str) -> None:
    stage.open_account(person).groups.add(group(group_name))


def create_group(name: str, description: str) -> None:
    models.UserGroup.objects.create(name=name, description=description)


def nest(inner: str, outer: str) -> None:
    group(inner).add_to(group(outer).group_ptr)


def join(username: str, name: str) -> None:
    account_of(username).groups.add(group(name))


def leave(username: str, name: str) -> None:
    account_of(username).groups.remove(group(name))


def create_workspace(name: str) -> None:
    models.Workspace.objects.create(name=name)


def create_application(where: str, name: str, prefix: str) -> None:
    models.Application.objects.create(workspace=workspace(where), name=name, prefix=prefix)


def create_roles() -> None:
    back_office, invoices = workspace("Back office"), application("Invoices")
    bookkeepers = models.WorkspacePermissionGroup.objects.create(
        name="Bookkeepers", workspace=back_office
    )
    bookkeepers.set_permissions([Permission.APPLICATIONS])
    approvers = models.AppPermissionGroup.objects.create(name="Approvers", application=invoices)
    approvers.set_permissions([Permission.APPLICATIONS])


def move(what: str, role: Callable[[], Any], verb: str, name: str) -> None:
    one = account_of(name) if what == "user" else group(name).group_ptr
    getattr(getattr(role(), f"{what}s"), verb)(one)


def deactivate(username: str) -> None:
    models.Account.objects.get(username=username).deactivate()


def activate(username: str) -> None:
    models.Account.objects.get(username=username).activate()


def set_password(username: str) -> None:
    """One that nobody knows; the log tells no more than that there is another."""
    account = account_of(username)
    account.set_unusable_password()
    account.save(update_fields=["password"])


def group(name: str) -> models.UserGroup:
    return models.UserGroup.objects.get(name=name)


def workspace(name: str) -> models.Workspace:
    return models.Workspace.objects.get(name=name)


def application(name: str) -> models.Application:
    return models.Application.objects.get(name=name)


def system_role() -> models.SystemPermissionGroup:
    return models.SystemPermissionGroup.objects.get(name="Administrators")


def workspace_role() -> models.WorkspacePermissionGroup:
    return models.WorkspacePermissionGroup.objects.get(name="Bookkeepers")


def app_role() -> models.AppPermissionGroup:
    return models.AppPermissionGroup.objects.get(name="Approvers")
