"""The packages that are compared, in the order of the report; the first is what all are held to."""

from __future__ import annotations

from tests.benchmarks.packages.bare import Bare
from tests.benchmarks.packages.base import Package
from tests.benchmarks.packages.ours import AuditLog

PACKAGES: dict[str, Package] = {one.name: one for one in (Bare(), AuditLog())}
BARE = Bare.name
