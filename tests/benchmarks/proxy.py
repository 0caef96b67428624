"""A network between the packages and the server: `python -m tests.benchmarks.proxy HOST PORT MS`.

Listens on this machine alone, on a port that it prints, and hands on what it gets MS milliseconds
later, each way, so that a round trip takes twice as long. Ends with its standard input.

Threads, not asyncio, whose timers are whole milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import sys
import threading
import time

CHUNK = 1 << 16


def late(source: socket.socket, target: socket.socket, delay: float) -> None:
    """Hand on what ``source`` sends until it ends, each piece ``delay`` seconds later."""
    waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()

    def hand_on() -> None:
        with contextlib.suppress(OSError):
            while True:
                due, piece = waiting.get()
                time.sleep(max(0.0, due - time.perf_counter()))
                if not piece:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(piece)

    threading.Thread(target=hand_on, daemon=True).start()
    piece = b"-"
    while piece:
        try:
            piece = source.recv(CHUNK)
        except OSError:
            piece = b""
        waiting.put((time.perf_counter() + delay, piece))


def main(host: str, port: str, milliseconds: str) -> None:
    delay = float(milliseconds) / 1000
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)

    def accept() -> None:
        while True:
            client, _ = listening.accept()
            server = socket.create_connection((host, int(port)))
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=late, args=(*pair, delay), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
