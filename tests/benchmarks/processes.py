"""The processes that are measured, as the runner sees them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.benchmarks.environment import ROOT


class Failed(Exception):
    """What a process could not do; the text is its traceback."""


class Target:
    """A database, and the Django project that works with it.

    ``name`` is the database's, and ``project`` the package with its ``settings`` and ``worker``;
    ``chosen`` is what else the settings are to know.
    """

    def __init__(
        self,
        name: str,
        *,
        project: str,
        python: str,
        database: str,
        folder: Path,
        transaction_mode: str | None = None,
        port: int | None = None,
        **chosen: Any,
    ) -> None:
        self.project = project
        self.python = python
        self.database = database
        self.server = server_of_environment()
        name = f"audit_bench_{name}"
        self.name = name if database == "postgres" else str(folder / f"{name}.sqlite3")
        chosen |= {
            "database": database,
            "name": self.name,
            "transaction_mode": transaction_mode,
            "host": "127.0.0.1" if port else self.server["PGHOST"],
            "port": port or int(self.server["PGPORT"]),
        }
        self.environment = {
            **os.environ,
            "AUDIT_BENCHMARK": json.dumps(chosen),
            "DJANGO_SETTINGS_MODULE": f"{project}.settings",
            "PYTHONPATH": str(ROOT),
            "PYTHONHASHSEED": "0",
        }

    def create(self) -> None:
        """Make the database anew."""
        self.drop()
        if self.database == "postgres":
            self._sql(f'CREATE DATABASE "{self.name}"')
        else:
            Path(self.name).parent.mkdir(parents=True, exist_ok=True)

    def exists(self) -> bool:
        """Whether there is the database; it may be empty."""
        if self.database == "sqlite":
            return Path(self.name).exists()
        return self.name in self._sql("SELECT datname FROM pg_database").split()

    def drop(self) -> None:
        """Remove the database."""
        if self.database == "postgres":
            self._sql(f'DROP DATABASE IF EXISTS "{self.name}"')
        else:
            for suffix in ("", "-wal", "-shm"):
                Path(self.name + suffix).unlink(missing_ok=True)

    def drop_all(self, prefix: str) -> None:
        """Remove all databases of benchmarks whose names begin so."""
        if self.database == "postgres":
            for name in self._sql("SELECT datname FROM pg_database").split():
                if name.startswith(f"audit_bench_{prefix}"):
                    self._sql(f'DROP DATABASE "{name}"')
        else:
            for path in Path(self.name).parent.glob(f"audit_bench_{prefix}*"):
                path.unlink()

    def _sql(self, statement: str) -> str:
        # In the environment that has a driver; this process needs nothing but Python.
        code = (
            "import sys, psycopg; done = psycopg.connect(dbname='postgres', autocommit=True)"
            ".execute(sys.argv[1]); [print(row[0]) for row in done.description and done or ()]"
        )
        done = subprocess.run(
            [self.python, "-c", code, statement],
            check=True,
            env={**os.environ, **self.server},
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


@contextlib.contextmanager
def latency(milliseconds: float) -> Iterator[int]:
    """Put a network before the PostgreSQL server; the block gets the port to connect to."""
    server = server_of_environment()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.benchmarks.proxy"),
            *(server["PGHOST"], server["PGPORT"], str(milliseconds)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()


def server_of_environment() -> dict[str, str]:
    """Return where PostgreSQL is, as its own variables say."""
    defaults = {"PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": "postgres"}
    return {name: os.environ.get(name, default) for name, default in defaults.items()}


class Worker:
    """A running process; see ``project/worker.py``. Ends with the block."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._process = subprocess.Popen(
            [target.python, "-m", f"{target.project}.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=target.environment,
            cwd=ROOT,
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def do(self, command: str, **arguments: Any) -> Any:
        """Have it done and return the result. Raises :exc:`Failed`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the process with {self.target.name} has ended: see above")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]
