"""Old entries, runs, and what these leave."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone

from audit_log.models import AuditEntry
from audit_log.retention.pruning import Run
from tests.reading.helpers import make

DAY = datetime.timedelta(days=1)


def aged(days: float, **values: Any) -> AuditEntry:
    return make(occurred_at=timezone.now() - days * DAY, **values)


def prune(*args: str, **options: Any) -> str:
    out = io.StringIO()
    with override_settings(AUDIT_LOG={"RETENTION": options.pop("retention", 30)}):
        call_command("prune_audit_log", *args, stdout=out, **{"no_input": True} | options)
    return out.getvalue()


def run(**options: Any) -> Run:
    """A run that keeps entries for 30 days."""
    with override_settings(AUDIT_LOG={"RETENTION": 30}):
        return Run("default", **options)


def left() -> list[AuditEntry]:
    """What is in the log, oldest first, but for what runs say of themselves."""
    return list(AuditEntry.objects.exclude(action="audit_log.prune").order_by("occurred_at"))


def told(using: str = "default") -> list[AuditEntry]:
    """The entries of the runs, oldest first."""
    return list(AuditEntry.objects.using(using).filter(action="audit_log.prune").order_by("id"))


def archived(path: Path) -> list[str]:
    """The ids in an archive, as a person would read it."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    if ".jsonl" in path.name:
        return [json.loads(line)["id"] for line in text.splitlines()]
    return [row["id"] for row in csv.DictReader(io.StringIO(text, newline=""))]
