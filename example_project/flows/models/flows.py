"""Flows: what happens by itself, step by step."""

from __future__ import annotations

from django.db import models, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.flows.models.connectors import missing_components
from example_project.flows.models.tenants import Tenant
from example_project.pages.cells import State
from example_project.pages.exceptions import Refused


@audit_log.register(
    transitions={"is_running": {True: "start", False: "stop"}},
    tenant="tenant.audit_tenant",
)
class Flow(models.Model):
    """Steps of a tenant's connectors, one after the other, while it runs."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="flows", verbose_name=_("tenant")
    )
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    steps = models.JSONField(_("steps"), default=list, blank=True)
    is_running = models.BooleanField(_("running"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("flow")
        verbose_name_plural = _("flows")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("flows:flow-detail", args=[self.tenant.slug, self.pk])

    @property
    def state(self) -> State:
        """Whether it runs."""
        return State("good", _("running")) if self.is_running else State("off", _("stopped"))

    def start(self) -> None:
        """Let it run. Raises :class:`Refused` where a step's connector is not installed."""
        if missing := missing_components(self.tenant, self.steps):
            refusal = Refused(_("Not installed: %(steps)s.") % {"steps": ", ".join(missing)})
            # What was tried and refused is worth knowing, too.
            audit_log.record(
                "flow.start", target=self, metadata={"refused": str(refusal)}, outcome="failure"
            )
            raise refusal
        self.is_running = True
        self.save(update_fields=["is_running"])

    def stop(self) -> None:
        """Let it run no longer."""
        self.is_running = False
        self.save(update_fields=["is_running"])

    @transaction.atomic
    def clone(self) -> Flow:
        """Make another one that does the same, stopped, and return it."""
        copy = Flow.objects.create(
            tenant=self.tenant,
            name=_("%(name)s (copy)") % {"name": self.name},
            description=self.description,
            steps=self.steps,
        )
        # The new row has its entry. That it is a copy, and of what, no column tells.
        audit_log.record("flow.clone", target=self, references=[copy])
        return copy
