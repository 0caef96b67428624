"""The packages that are compared, in the order of the report; the first is what all are held to."""

from __future__ import annotations

from tests.benchmarks.packages.auditlog import Auditlog
from tests.benchmarks.packages.bare import Bare
from tests.benchmarks.packages.base import Package
from tests.benchmarks.packages.easy_audit import EasyAudit
from tests.benchmarks.packages.field_audit import FieldAudit
from tests.benchmarks.packages.ours import AuditLog
from tests.benchmarks.packages.pghistory import PgHistory
from tests.benchmarks.packages.reversion import Reversion
from tests.benchmarks.packages.simple_history import SimpleHistory

PACKAGES: dict[str, Package] = {
    one.name: one
    for one in (
        Bare(),
        AuditLog(),
        Auditlog(),
        SimpleHistory(),
        EasyAudit(),
        Reversion(),
        FieldAudit(),
        PgHistory(),
    )
}
BARE = Bare.name
