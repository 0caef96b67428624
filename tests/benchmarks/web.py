"""Servers on this machine alone, and clients that ask so much and no more."""

from __future__ import annotations

import http.client
import itertools
import socket
import subprocess
import threading
import time
from types import TracebackType

from tests.benchmarks.environment import ROOT
from tests.benchmarks.memory import children_of, peak_of
from tests.benchmarks.processes import Failed, Target

CLIENTS = 4
DEADLINE = 120.0
"""Seconds after which a client asks no more."""


class Server:
    """A project under gunicorn, or under uvicorn as an ASGI application. Ends with the block."""

    def __init__(self, target: Target, *, workers: int = 1, asgi: bool = False) -> None:
        self.target = target
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        if asgi:
            options = ["uvicorn", f"{target.project}.asgi:application", "--port", str(self.port)]
            options += ["--host", "127.0.0.1"]
        else:
            options = ["gunicorn", f"{target.project}.wsgi", "--bind", f"127.0.0.1:{self.port}"]
            options += ["--workers", str(workers), "--no-control-socket", "--timeout", "600"]
        self._asgi = asgi
        self._process = subprocess.Popen(
            [target.python, "-m", *options, "--log-level", "warning"],
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
        raise Failed(f"no server answers for {self.target.name}")

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
            raise Failed(f"{self.target.name}: {errors[0]}")
        return seconds

    def download(self, path: str, session: str) -> tuple[int, float]:
        """Get a file; return its lines and the seconds it took."""
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
            response = connection.getresponse()
            if response.status != 200:
                raise Failed(f"{response.status}: {response.read(300)!r}")
            lines = 0
            while piece := response.read1(1 << 20):
                lines += piece.count(b"\n")
        finally:
            connection.close()
        return lines, time.perf_counter() - start

    def peak(self) -> int:
        """Return the most bytes of memory that the process which answers has had."""
        pid = self._process.pid
        return peak_of(pid if self._asgi else children_of(pid)[0])

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
