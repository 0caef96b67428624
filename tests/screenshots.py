"""Pictures of every page in its states, for the docs: ``python -m tests.screenshots``.

They go to ``docs/images``, or into the directory that is named.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

VARIABLE = "AUDIT_LOG_PICTURES"
"""The environment says into which directory they go."""
DIRECTORY = Path(__file__).resolve().parents[1] / "docs" / "images"


def main(arguments: list[str]) -> int:
    os.environ[VARIABLE] = arguments[0] if arguments else str(DIRECTORY)
    test = Path(__file__).parent / "browser" / "test_pictures.py"
    return int(pytest.main([str(test), "-q"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
