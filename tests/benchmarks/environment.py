"""The virtual environment in which the packages are measured, and the databases."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALWAYS = ("psycopg[binary]>=3.2", "gunicorn>=23")


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "audit-log-benchmarks"


def checkout_key() -> str:
    """What keeps the runs of several checkouts apart."""
    return hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]


@contextlib.contextmanager
def alone(cache: Path, database: str) -> Iterator[Path]:
    """Keep other runs of this checkout off the database: they use the same names.

    The block gets the folder for them. Raises :exc:`BlockingIOError` where one is under way.
    """
    folder = cache / f"databases-{checkout_key()}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{database}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder


def python_with(requirements: Iterable[str], django: str, cache: Path) -> str:
    """Return an interpreter of this version that has Django and the packages.

    The environment is made when it is first needed; ``audit_log`` is not in it but comes from
    the checkout. Raises :exc:`subprocess.CalledProcessError` where something cannot be installed.
    """
    version = "{}.{}".format(*sys.version_info)
    folder = cache / f"python{version}-django{django}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = sorted({f"Django=={django}.*" if django.count(".") < 2 else f"Django=={django}",
                     *ALWAYS, *requirements})  # fmt: skip
    list_of_installed = folder / "requirements.json"
    installed = json.loads(list_of_installed.read_text()) if list_of_installed.exists() else []
    if set(wanted) <= set(installed):
        return str(python)
    print(f"Installing into {folder}: {', '.join(wanted)}", file=sys.stderr)
    uv = shutil.which("uv")
    if not python.exists():
        if uv:
            subprocess.run([uv, "venv", "-q", "-p", sys.executable, str(folder)], check=True)
        else:
            venv.create(folder, with_pip=True)
    install = [uv, "pip", "install", "-p", str(python)] if uv else [python, "-m", "pip", "install"]
    subprocess.run([*map(str, install), "-q", *wanted], check=True)
    list_of_installed.write_text(json.dumps(sorted({*installed, *wanted})))
    return str(python)
