"""The command line."""

from __future__ import annotations

import signal
import sys

if __package__ in {None, ""}:  # `python tests/benchmarks`
    from pathlib import Path

    sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.benchmarks.command import main

if __name__ == "__main__":
    # To be told to end, in whichever way, is to clean up and to report.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
