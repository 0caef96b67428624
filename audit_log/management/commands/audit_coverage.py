"""``audit_coverage``: every model, audited or not and why, by what policy, and with what gaps."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit_log import limits
from audit_log.coverage import ModelCoverage, coverage


class Command(BaseCommand):
    """Show what is covered. Exit code 1 under ``--fail-on-gaps`` where something is not."""

    help = "Show which models are audited, by what policy, and which ways of writing are not seen."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--fail-on-gaps", action="store_true", help="exit with 1 where a model has a gap"
        )
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")

    def handle(self, **options: Any) -> None:
        """Print one block a model."""
        found = coverage()
        gaps = sum(len(each.gaps) for each in found)
        if options["json"]:
            told = {
                "models": [_as_dict(each) for each in found],
                "never_seen": limits.NEVER_SEEN,
                "told_in_part": limits.TOLD_IN_PART,
                "limits": list(limits.of_this_project()),
            }
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._print(found, gaps)
        if gaps and options["fail_on_gaps"]:
            raise CommandError(f"{gaps} gap(s) in the coverage of the audit log.", returncode=1)

    def _print(self, found: list[ModelCoverage], gaps: int) -> None:
        for each in found:
            if each.policy is None:
                self.stdout.write(f"{each.label}: not audited, {each.why_not}")
                continue
            self.stdout.write(self.style.SUCCESS(f"{each.label}: audited"))
            for name, value in _as_dict(each)["policy"].items():
                if value:
                    shown = ", ".join(value) if isinstance(value, list) else value
                    self.stdout.write(f"    {name}: {shown}")
            for gap in each.gaps:
                self.stdout.write(self.style.WARNING(f"    GAP {gap.code}: {gap.text}"))
        audited = sum(each.audited for each in found)
        self.stdout.write(f"\n{audited} of {len(found)} models audited, {gaps} gap(s).")
        for title, texts in (
            ("Never seen, of any model:", limits.NEVER_SEEN),
            ("Told in part:", limits.TOLD_IN_PART),
            ("In this project:", tuple(limits.of_this_project())),
        ):
            if texts:
                self.stdout.write(title)
            for text in texts:
                self.stdout.write(f"    {text}")


def _as_dict(each: ModelCoverage) -> dict[str, Any]:
    policy = each.policy
    return {
        "model": each.label,
        "audited": each.audited,
        "why_not": each.why_not,
        "policy": None
        if policy is None
        else {
            "noun": policy.noun,
            "actions": sorted({policy.action(verb) for verb, _, _ in policy.actions()}),
            "excluded": sorted(policy.exclude),
            "masked": sorted(policy.mask),
            "references": list(policy.references),
            "bulk": policy.bulk,
        },
        "gaps": [{"code": gap.code, "text": gap.text} for gap in each.gaps],
    }
