"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> dict[str, str]:
    """Return the machine's cores, processor, memory, system and load, for people."""
    return {
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                     else os.cpu_count()),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "memory": memory(),
        "system": f"{platform.system()} {platform.release()}",
        "load average at the start": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
    }  # fmt: skip


def memory() -> str:
    kilobytes = _line("/proc/meminfo", "MemTotal").partition(" ")[0]
    return f"{int(kilobytes) / 2**20:.0f} GiB" if kilobytes else "unknown"


def _line(file: str, name: str) -> str:
    path = Path(file)
    for line in path.read_text().splitlines() if path.exists() else ():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
