"""The examples of docs/rest.md, one after the other, against a running server."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils.dateparse import parse_datetime
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.views import APIView

from tests.api.test_contract import HERE
from tests.reading.helpers import make, make_many, make_user, unaudited

DOCUMENT = (HERE.parents[1] / "docs" / "rest.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
COMMANDS = [
    # The command, and the answer that is printed below it, if any.
    (text.removeprefix("$ "), answer if kind == "json" else "")
    for (language, text), (kind, answer) in zip(BLOCKS, [*BLOCKS[1:], ("", "")], strict=True)
    if language == "console"
]
PYTHON = [text for language, text in BLOCKS if language == "python" and "example.com" in text]
ENTRY = next(json.loads(text) for language, text in BLOCKS if '"licensing.license", "id"' in text)


@pytest.fixture
def documented(
    server: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> str:
    """The address of a server whose log has the entry of the examples and some more."""
    settings.AUDIT_LOG = {"RETENTION": 365, "SETTLING_SECONDS": 0}
    monkeypatch.setattr(APIView, "authentication_classes", [TokenAuthentication])
    monkeypatch.chdir(tmp_path)
    with unaudited():
        token = Token.objects.create(user=make_user("root", is_superuser=True))
    monkeypatch.setenv("TOKEN", token.key)
    make_many(25, event_type="delete", action="user.delete")
    make(
        id=uuid.UUID(ENTRY["id"]),
        occurred_at=parse_datetime(ENTRY["occurred_at"]),
        actor_id=ENTRY["actor"]["id"],
        actor_type=ENTRY["actor"]["type"],
        actor_repr=ENTRY["actor"]["repr"],
        target_type=ENTRY["target"]["type"],
        target_id=ENTRY["target"]["id"],
        target_repr=ENTRY["target"]["repr"],
        references=[(one["type"], one["id"]) for one in ENTRY["references"]],
        **{
            name: ENTRY[name]
            for name in (
                "event_type",
                "action",
                "changes",
                "reason",
                "remote_addr",
                "correlation_id",
                "metadata",
            )
        },
    )
    return server


@pytest.mark.curl
@pytest.mark.parametrize(("command", "answer"), COMMANDS, ids=range(len(COMMANDS)))
def test_commands(documented: str, command: str, answer: str) -> None:
    told = json.loads(run(documented, command))
    expected = json.loads(answer) if answer else told
    if isinstance(expected, list):
        assert expected[0] in told
    elif "results" in expected:
        # Which entries there are is left out.
        assert list(told) == list(expected)
        assert told["results"]
    else:
        assert told == expected
    if "etag" in command:
        assert run(documented, command) == ""


def run(address: str, command: str) -> str:
    """What a shell would say, without one."""
    command = command.replace("https://example.com", address).replace("$TOKEN", os.environ["TOKEN"])
    arguments = [*shlex.split(command.replace("\\\n", " ")), "--silent", "--show-error"]
    assert arguments[0] == "curl"
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def test_programs(documented: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    namespace: dict[str, Any] = {}
    for text in PYTHON:
        text = text.replace("https://example.com", documented)
        exec(compile(text, "docs/rest.md", "exec"), namespace)
    assert len(PYTHON) == 4
    lines = (tmp_path / "deleted.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 25
    said = capsys.readouterr().out
    assert f"{ENTRY['occurred_at']} {ENTRY['sentence']}\n" in said
    assert f"{ENTRY['occurred_at']} {ENTRY['actor']['repr']} License disabled\n" in said
    assert "is_enabled known False\n" in said
