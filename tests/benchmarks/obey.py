"""A process that is measured obeys commands: one JSON object a line, as each answer is."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any


def obey(commands: dict[str, Callable[..., Any]]) -> None:
    """Do what comes in on the standard input until it ends.

    ``{"do": NAME, …arguments}`` is answered by ``{"result": …}`` or ``{"error": text}``.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints does not answer
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = {"result": commands[command.pop("do")](**command)}
        except Exception:  # noqa: BLE001  # the runner tells it
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
