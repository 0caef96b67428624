"""Checks of what the audit log cannot see of audited models: W004 and W005."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning

from audit_log.coverage import coverage

_CHECKS = {
    "database-cascade": (
        "audit_log.W004",
        "Use Django's CASCADE, SET_NULL or SET_DEFAULT, or silence this where it is accepted.",
    ),
    "override": ("audit_log.W005", "Let it call super(): the audit log listens there."),
}


def check_gaps(**kwargs: Any) -> list[CheckMessage]:
    """W004: the database cascades by itself. W005: a method keeps Django's own from running."""
    messages: list[CheckMessage] = []
    for each in coverage():
        for gap in each.gaps:
            if gap.code in _CHECKS:
                identifier, hint = _CHECKS[gap.code]
                text = f"Changes of {each.label} can go unseen: {gap.text}."
                messages.append(CheckWarning(text, hint=hint, id=identifier))
    return messages
