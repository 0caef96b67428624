"""Integration templates: flows for others to use, after they were tested and published."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import audit_log
from example_project.flows.models.connectors import missing_components
from example_project.flows.models.flows import Flow
from example_project.flows.models.tenants import Tenant
from example_project.pages.cells import State
from example_project.pages.exceptions import Refused


@audit_log.register(
    transitions={
        "is_published": {True: "publish", False: "unpublish"},
        "published_version": "update_published",
    },
    references=["flow"],
    tenant="tenant.audit_tenant",
)
class IntegrationTemplate(models.Model):
    """A template: each edit is a new version, of which one at most is published."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="templates", verbose_name=_("tenant")
    )
    flow = models.ForeignKey(
        Flow,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="templates",
        verbose_name=_("made from the flow"),
    )
    name = models.CharField(_("name"), max_length=100)
    summary = models.CharField(_("summary"), max_length=200, blank=True)
    steps = models.JSONField(_("steps"), default=list, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_published = models.BooleanField(_("published"), default=False, editable=False)
    published_version = models.PositiveIntegerField(
        _("published version"), null=True, editable=False
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("integration template")
        verbose_name_plural = _("integration templates")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("flows:template-detail", args=[self.tenant.slug, self.pk])

    @property
    def state(self) -> State:
        """Whether others see it, and whether what they see is the newest version."""
        if not self.is_published:
            return State("off", _("draft"))
        if self.version != self.published_version:
            return State("busy", _("published, with later changes"))
        return State("good", _("published"))

    def publish(self) -> None:
        """Let others use the version that there is now."""
        self.is_published, self.published_version = True, self.version
        self.save(update_fields=["is_published", "published_version"])

    def update_published(self) -> None:
        """Let others use the version that there is now instead of the published one.

        Raises :class:`Refused` where none is published.
        """
        if not self.is_published:
            raise Refused(_("The template is not published."))
        self.published_version = self.version
        self.save(update_fields=["published_version"])

    def unpublish(self) -> None:
        """Let nobody use it any more."""
        self.is_published, self.published_version = False, None
        self.save(update_fields=["is_published", "published_version"])

    def start_test(self, at: datetime | None = None) -> TemplateTest:
        """Try it with the connectors that are installed; it runs until somebody stops it."""
        missing = missing_components(self.tenant, self.steps)
        report = [{"step": step, "installed": step not in missing} for step in self.steps]
        return TemplateTest.objects.create(
            template=self,
            version=self.version,
            started_at=at or timezone.now(),
            report=report,
            has_failed=bool(missing),
        )


@audit_log.register(
    verbs={"create": "start"},
    transitions={"stopped_at": "stop"},
    references=["template"],
    tenant="template.tenant.audit_tenant",
)
class TemplateTest(models.Model):
    """A trial of one version of a template, and what came of it."""

    template = models.ForeignKey(
        IntegrationTemplate,
        on_delete=models.CASCADE,
        related_name="tests",
        verbose_name=_("template"),
    )
    version = models.PositiveIntegerField(_("version"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    has_failed = models.BooleanField(_("failed"), default=False)
    report = models.JSONField(_("report"), default=list, blank=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("test of a template")
        verbose_name_plural = _("tests of templates")

    def __str__(self) -> str:
        return str(
            _("%(name)s, version %(version)d")
            % {
                "name": self.template,
                "version": self.version,
            }
        )

    def get_absolute_url(self) -> str:
        return self.template.get_absolute_url()

    @property
    def state(self) -> State:
        """Whether it runs, and how it went."""
        if self.has_failed:
            return State("bad", _("failed"))
        return State("off", _("stopped")) if self.stopped_at else State("good", _("running"))

    def stop(self, at: datetime | None = None) -> None:
        """End it. Raises :class:`Refused` the second time."""
        if self.stopped_at is not None:
            raise Refused(_("The test was stopped already."))
        self.stopped_at = at or timezone.now()
        self.save(update_fields=["stopped_at"])
