"""The view under gunicorn: servers, and a client that asks so much and no more."""

from __future__ import annotations

import http.client
import itertools
import socket
import subprocess
import threading
import time
from types import TracebackType

from tests.benchmarks.environment import ROOT
from tests.benchmarks.processes import Failed, Target

WORKERS, CLIENTS = 2, 4
DEADLINE = 120.0
"""Seconds after which a client asks no more."""


class Server:
    """gunicorn with two synchronous workers, for one package. Ends with the block."""

    def __init__(self, target: Target) -> None:
        self.target = target
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [
                *(target.python, "-m", "gunicorn", "tests.benchmarks.project.wsgi"),
                *("--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS)),
                *("--log-level", "warning", "--no-control-socket"),
            ],
            env=target.environment,
            cwd=ROOT,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        """Wait until it listens. Raises :exc:`Failed` where it does not."""
        end = time.monotonic() + 30
        while time.monotonic() < end and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise Failed(f"gunicorn does not answer for {self.target.package}")

    def ask(self, number: int, session: str, items: int) -> float:
        """Change ``number`` times one of ``items`` items, and return how many seconds it took."""
        turn = itertools.count()
        errors: list[str] = []
        end = time.monotonic() + DEADLINE

        def client() -> None:
            while not errors and (one := next(turn)) < number:
                if time.monotonic() > end:
                    errors.append(f"not done after {DEADLINE:.0f} seconds")
                    return
                try:
                    self._change(1 + one % items, session)
                except (OSError, http.client.HTTPException, Failed) as error:
                    errors.append(repr(error))

        clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
        start = time.perf_counter()
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        seconds = time.perf_counter() - start
        if errors:
            raise Failed(f"{self.target.package}: {errors[0]}")
        return seconds

    def _change(self, key: int, session: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Cookie": f"sessionid={session}"}
            connection.request("POST", f"/items/{key}/", headers=headers)
            response = connection.getresponse()
            body = response.read()
            if (response.status, body) != (200, b"changed"):
                raise Failed(f"{response.status}: {body[:200]!r}")
        finally:
            connection.close()
