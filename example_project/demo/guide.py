"""As whom to log in to each system, and where to click there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit_log.models import AuditEntry
from example_project.flows.models import Flow, Tenant
from example_project.licensing.models import License
from example_project.tracker.models import Account
from example_project.workspaces.models import ApiKey, WorkspaceSettings

Place = tuple[Any, str]
"""What there is to see, and its address, without the server's."""


@dataclass(frozen=True)
class Tour:
    """One of the systems."""

    title: Any
    about: Any
    home: str
    logins: list[tuple[str, Any]]
    """User names, and what of the audit log they see."""
    places: list[Place]


def tours() -> list[Tour]:
    """Return the systems as the database has them; empty ones have fewer places to show."""
    return [
        Tour(
            _("Tracker"),
            _(
                "Work management: users in groups that nest, workspaces, applications, and "
                "permission groups of the system, of a workspace, of an application."
            ),
            reverse("tracker:home"),
            logins(("tess", _("the whole log, and gets it as a file"))),
            [
                (_("Get Audit Log"), reverse("tracker:administration")),
                *page(_("Why Vera could not log in"), Account.objects.filter(username="vera")),
            ],
        ),
        Tour(
            _("Team workspaces"),
            _(
                "Teams with members and invitations, projects, settings, API keys and "
                "integrations. Each team's administrators see their workspace and nothing else."
            ),
            reverse("workspaces:workspace-list"),
            logins(
                ("wanda", _("Brightside's log")),
                ("nils", _("Northwind's log")),
                ("signe", _("Lantern's log, which is kept for 30 days")),
            ),
            [
                *page(
                    _("Settings, with their history"),
                    WorkspaceSettings.objects.filter(workspace__slug="brightside"),
                ),
                *page(
                    _("An API key that was revoked"),
                    ApiKey.objects.filter(workspace__slug="brightside", is_revoked=True),
                ),
            ],
        ),
        Tour(
            _("Licensing platform"),
            _(
                "A software vendor's products, customers, orders, licenses and devices, each with "
                "the table of everything that happened to it."
            ),
            reverse("licensing:license-list"),
            logins(
                ("mara", _("the platform's log, on its pages")),
                ("support", _("the whole log, in the admin too")),
            ),
            [
                *page(_("A license with its table"), License.objects.filter(number="L-3001")),
                *deleted(_("A deleted license's history"), License),
            ],
        ),
        Tour(
            _("Flow automation"),
            _(
                "Companies that let flows do their work: flows that are started, stopped and "
                "cloned, templates that are tested and published, connectors, access rules."
            ),
            reverse("flows:tenant-list"),
            logins(("finn", _("Harbor Foods' log")), ("olga", _("Orchard's log"))),
            [
                *page(
                    _("A flow with all that refers to it"),
                    Flow.objects.filter(tenant__slug="harbor", name="Orders to the sheet"),
                ),
                *(
                    (_("The door of its users"), reverse("flows:login", args=[one.slug]))
                    for one in Tenant.objects.filter(slug="harbor")
                ),
            ],
        ),
    ]


def surfaces() -> list[Place]:
    """Return where the log can be read besides the systems' own pages."""
    return [
        (_("The whole log, in the admin"), reverse("admin:audit_log_auditentry_changelist")),
        (_("The REST API"), reverse("audit_log_api:entries")),
        (_("The log as CSV"), reverse("audit_log_api:export-csv")),
    ]


def logins(*people: tuple[str, Any]) -> list[tuple[str, Any]]:
    """Return those of the people who have an account."""
    names = [username for username, _sees in people]
    there = set(Account.objects.filter(username__in=names).values_list("username", flat=True))
    return [person for person in people if person[0] in there]


def page(what: Any, objects: Any) -> Iterator[Place]:
    """Yield the page of the first of the objects, if there is any."""
    first = objects.first()
    if first is not None:
        yield what, first.get_absolute_url()


def deleted(what: Any, model: type[Model]) -> Iterator[Place]:
    """Yield the history, in the admin, of an object of the model that is gone."""
    entries = AuditEntry.objects.filter(target_type=model._meta.label_lower, event_type="delete")
    entry = entries.order_by("-id").first()
    if entry is not None:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_history"
        yield what, reverse(name, args=[entry.target_id])
