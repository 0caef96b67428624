"""System checks: bad settings and policies, each with its cure. See docs/checks.md."""

from __future__ import annotations

from django.core import checks

from audit_log.checks.gaps import check_gaps
from audit_log.checks.policies import check_policies
from audit_log.checks.retention import check_retention
from audit_log.checks.settings import check_middleware, check_settings


def install() -> None:
    """Register the checks; harmless when called twice."""
    for check in (check_settings, check_middleware, check_policies, check_gaps, check_retention):
        checks.register(check, "audit_log")
