"""Eight weeks of two teams: people come and go, keys are made and revoked, projects move on."""

from __future__ import annotations

from functools import partial

import audit_log
from example_project.demo.story.people import Person, account_of
from example_project.demo.story.stage import Stage, change
from example_project.workspaces import models
from example_project.workspaces.models import Project
from example_project.workspaces.models.team import Plan

OFFICE = "203.0.113.31"

PEOPLE = (
    Person("wanda", "Wanda", "Fields", (OFFICE, "198.51.100.131"), domain="brightside.example"),
    Person("jonas", "Jonas", "Weber", (OFFICE,), domain="brightside.example"),
    Person("keiko", "Keiko", "Mori", ("2001:db8:31::9", OFFICE), domain="brightside.example"),
    Person("amira", "Amira", "Haddad", ("192.0.2.131",), domain="brightside.example"),
    Person("nils", "Nils", "Holm", ("198.51.100.45",), domain="northwind.example"),
    Person("signe", "Signe", "Dahl", ("198.51.100.45", "192.0.2.46"), domain="northwind.example"),
)
BRIGHTSIDE, NORTHWIND, LANTERN = "brightside", "northwind", "lantern"
ROLE = models.Member.Role

PROJECTS = (
    ("Spring fair", "Fjord Energy"),
    ("Web site", "Red Kite Studios"),
    ("Annual report", "Maple Ridge Hospital"),
    ("Trade show film", "Sakura Robotics"),
)
NEWS = (
    "Waiting for the client's photographs.",
    "The client wants it in three languages.",
    "First draft is out.",
    "Second draft is out.",
    "Budget agreed by phone.",
    "Printer booked.",
)


def plan(stage: Stage) -> None:
    """Plan the scenes."""
    for number, person in enumerate(PEOPLE):
        stage.scene(0.6 + number / 50, "admin", partial(stage.open_account, person), "signed up")
    stage.scene(1.3, "wanda", lambda: found(stage, "Brightside", BRIGHTSIDE, "wanda"))
    stage.scene(1.4, "nils", lambda: found(stage, "Northwind", NORTHWIND, "nils"))
    brightside(stage)
    northwind(stage)
    lantern(stage)
    projects(stage)
    for day in range(3, 56, 4):
        who = stage.random.choice(PEOPLE).username
        stage.scene(day + 0.1, who, partial(stage.log_in, who))


def brightside(stage: Stage) -> None:
    add = stage.scene
    add(1.5, "wanda", lambda: workspace(BRIGHTSIDE).change_plan(Plan.PRO), "four of us")
    for day, username, role in (
        (1.6, "jonas", ROLE.ADMIN),
        (1.65, "keiko", ROLE.MEMBER),
        (5.4, "amira", ROLE.MEMBER),
    ):
        add(day, "wanda", partial(invite, BRIGHTSIDE, username, role), "from the beginning")
        add(day + 0.3, username, partial(accept, stage, BRIGHTSIDE, username))
    add(2.4, "wanda", lambda: configure(BRIGHTSIDE, language="de"))
    add(2.6, "jonas", lambda: connect(BRIGHTSIDE, "chat", "brightside-team"))
    add(4.4, "jonas", lambda: connect(BRIGHTSIDE, "calendar", "studio@brightside.example"))
    add(8.4, "jonas", lambda: issue(stage, BRIGHTSIDE, "Web site preview", "read"))
    add(9.4, "jonas", lambda: issue(stage, BRIGHTSIDE, "Time sheets", "write"), "nightly", "IT-12")
    add(15.4, "wanda", lambda: invite_guest("client@fjord.example"), "looks on", "")
    add(20.4, "wanda", lambda: configure(BRIGHTSIDE, requires_two_factors=True), "insurance asks")
    add(20.45, "wanda", lambda: configure(BRIGHTSIDE, session_hours=8), "insurance asks")
    add(21.4, "keiko", lambda: rename("Web site", "Web site 2027"))
    add(26.4, "wanda", lambda: member(BRIGHTSIDE, "keiko").change_role(ROLE.ADMIN), "stands in")
    add(31.4, "keiko", lambda: disconnect(BRIGHTSIDE, "calendar"), "wrong calendar")
    add(31.5, "keiko", lambda: connect(BRIGHTSIDE, "calendar", "rooms@brightside.example"))
    add(35.4, "wanda", lambda: member(BRIGHTSIDE, "keiko").change_role(ROLE.MEMBER), "back again")
    add(39.4, "wanda", lambda: guest("client@fjord.example").remove(), "project done")
    add(39.5, "wanda", lambda: configure(BRIGHTSIDE, allows_guests=False), "no more guests")
    # The key is found in a public repository; what it did is looked up, then it is revoked.
    add(50.2, "jonas", lambda: issue(stage, BRIGHTSIDE, "Time sheets 2", "write"), "", "IT-31")
    add(50.4, "keiko", lambda: key(BRIGHTSIDE, "Time sheets").revoke(), "found on the web", "IT-31")
    add(51.3, "wanda", lambda: member(BRIGHTSIDE, "amira").remove(), "left the studio", "HR-2")
    add(
        52.4,
        "wanda",
        lambda: configure(BRIGHTSIDE, allowed_domains=["brightside.example"]),
        "after the key on the web",
        "IT-31",
    )


def northwind(stage: Stage) -> None:
    add = stage.scene
    add(2.3, "nils", lambda: invite(NORTHWIND, "signe", ROLE.MEMBER))
    add(2.7, "signe", lambda: accept(stage, NORTHWIND, "signe"))
    add(3.3, "nils", lambda: connect(NORTHWIND, "invoices", "northwind"))
    add(6.3, "signe", lambda: create(NORTHWIND, "Boat shed", ""))
    add(17.3, "nils", lambda: issue(stage, NORTHWIND, "Stock list", "read"))
    add(28.3, "nils", lambda: configure(NORTHWIND, session_hours=24), "long days at sea")
    add(43.3, "nils", lambda: key(NORTHWIND, "Stock list").revoke(), "not used")
    add(46.3, "signe", lambda: update(NORTHWIND, "Boat shed", status=Project.Status.ACTIVE))
    add(53.6, "nils", lambda: workspace(NORTHWIND).change_plan(Plan.BASIC), "keeps the log longer")


def lantern(stage: Stage) -> None:
    """A team on the free plan, whose log is kept for thirty days: some of it is over, some soon."""
    add = stage.scene
    add(9.2, "signe", lambda: found(stage, "Lantern", LANTERN, "signe"))
    add(9.3, "signe", lambda: create(LANTERN, "Christmas market", ""))
    add(19.2, "signe", lambda: connect(LANTERN, "chat", "lantern"))
    active = {"status": Project.Status.ACTIVE}
    add(33.2, "signe", lambda: update(LANTERN, "Christmas market", **active), "the stall is ours")
    add(47.2, "signe", lambda: configure(LANTERN, allows_guests=False), "we are two")


def projects(stage: Stage) -> None:
    """What the team works on, and what the time sheets note by night, with their key."""
    pick = stage.random
    for number, (name, client) in enumerate(PROJECTS):
        day = 6.4 + number * 4
        stage.scene(day, "wanda", partial(create, BRIGHTSIDE, name, client))
        active = {"status": Project.Status.ACTIVE}
        stage.scene(day + 1, "keiko", partial(update, BRIGHTSIDE, name, **active))
        for news in pick.sample(NEWS, 4):
            day += pick.uniform(2, 5)
            now = "Web site 2027" if name == "Web site" and day > 21.6 else name
            who = pick.choice(("jonas", "keiko"))
            stage.scene(day, who, partial(update, BRIGHTSIDE, now, description=news))
    done = {"status": Project.Status.DONE}
    stage.scene(38.5, "wanda", partial(update, BRIGHTSIDE, "Spring fair", **done), "applause")
    for night in range(12, 50, 6):
        stage.scene(night, "time-sheets", partial(note_hours, stage, night))


def found(stage: Stage, name: str, slug: str, username: str) -> None:
    models.Workspace.open(name, slug, account_of(username), stage.now)


def invite(slug: str, username: str, role: str) -> None:
    models.Member.objects.create(
        workspace=workspace(slug), email=account_of(username).email, role=role
    )


def invite_guest(email: str) -> None:
    models.Member.objects.create(workspace=workspace(BRIGHTSIDE), email=email, role=ROLE.GUEST)


def accept(stage: Stage, slug: str, username: str) -> None:
    member(slug, username).join(account_of(username), stage.now)


def configure(slug: str, **values: object) -> None:
    change(workspace(slug).settings, **values)


def connect(slug: str, provider: str, account: str) -> None:
    models.Integration.objects.create(
        workspace=workspace(slug), provider=provider, account=account, access_token=f"at-{account}"
    )


def disconnect(slug: str, provider: str) -> None:
    models.Integration.objects.get(workspace__slug=slug, provider=provider).delete()


def issue(stage: Stage, slug: str, name: str, scope: str) -> None:
    made = models.ApiKey(workspace=workspace(slug), name=name, scope=scope)
    made.issue(f"wk_{stage.random.getrandbits(160):040x}")


def create(slug: str, name: str, client: str) -> None:
    Project.objects.create(workspace=workspace(slug), name=name, client=client)


def update(slug: str, name: str, **values: object) -> None:
    change(Project.objects.get(workspace__slug=slug, name=name), **values)


def rename(name: str, new: str) -> None:
    change(Project.objects.get(workspace__slug=BRIGHTSIDE, name=name), name=new)


def note_hours(stage: Stage, night: int) -> None:
    """A program does it, with its key."""
    api_key = key(BRIGHTSIDE, "Time sheets")
    with audit_log.context(actor=audit_log.Actor("token", str(api_key))):
        api_key.used(stage.now)
        update(BRIGHTSIDE, "Spring fair", client=f"Fjord Energy ({night * 3} hours)")


def workspace(slug: str) -> models.Workspace:
    return models.Workspace.objects.get(slug=slug)


def member(slug: str, username: str) -> models.Member:
    email = account_of(username).email
    return models.Member.objects.get(workspace__slug=slug, email=email)


def guest(email: str) -> models.Member:
    return models.Member.objects.get(email=email)


def key(slug: str, name: str) -> models.ApiKey:
    return models.ApiKey.objects.get(workspace__slug=slug, name=name)
