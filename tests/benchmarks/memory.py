"""How much memory a process has had."""

from __future__ import annotations

from pathlib import Path


def peak_of(pid: int) -> int:
    """Return the most bytes of memory that a process has had at once, as Linux tells."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"the system does not tell the memory of process {pid}")


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
