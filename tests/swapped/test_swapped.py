"""A user model that takes the place of Django's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.sqlite  # with a database of its own
def test_user_model_of_a_projects_own():
    done = subprocess.run(
        [sys.executable, "-m", "tests.swapped.project"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    ann, name, root = found["ann"], "ann@example.com", "root@example.com"
    assert found["told"] == [
        ["member.create", "success", "createsuperuser", "", root],
        ["member.create", "success", "", "", name],
        ["user.log_in", "success", "", "", name],
        ["group.create", "success", name, ann, "of a request"],
        ["user.log_out", "success", "", "", name],
        ["user.log_in", "failure", "", "", "nobody@example.com"],
        ["member.make_superuser", "success", "", "", name],
        ["member.add_to_group", "success", "", "", name],
        ["member.change_password", "success", "", "", name],
    ]
    assert not found["secret"]
    # The one whose place it takes has no rows.
    assert found["refused"] == ["audit_log.E011"]
