"""The API does what its description says: schemathesis asks a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.views import APIView

from tests.api.test_entries import full_entry
from tests.reading.helpers import make_many, make_user, unaudited

HERE = Path(__file__).parent


@pytest.fixture
def described(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = "tests.api.described_urls"
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    # As the host's settings do when rest_framework is imported.
    monkeypatch.setattr(APIView, "authentication_classes", [TokenAuthentication])
    # A cursor waits for nothing.
    settings.AUDIT_LOG = {"SETTLING_SECONDS": 0, "RETENTION": 30}


@pytest.mark.usefixtures("described")
def test_nothing_differs_from_the_description(server: str, tmp_path: Path) -> None:
    full_entry()
    make_many(45)
    with unaudited():
        user = make_user("ann", "view_auditentry", "export_auditentry")
        token = Token.objects.create(user=user)
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "--config-file",
        HERE / "schemathesis.toml",
    ]
    ran = subprocess.run(
        [*command, "run", f"{server}/schema/", "-H", f"Authorization: Token {token.key}"],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
