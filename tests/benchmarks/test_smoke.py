"""The benchmarks themselves work; what they find is not judged here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks.cases import CASES
from tests.benchmarks.command import main


@pytest.mark.sqlite
def test_writing_side_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    arguments = [
        *("--python", sys.executable, "--cache", str(tmp_path), "--packages", "bare,audit_log"),
        *("--rounds", "2", "--scale", "0.005", "--json", str(figures), "--markdown", str(page)),
    ]
    assert main(arguments) == 0, capsys.readouterr().err
    found = json.loads(figures.read_text())
    cases = {name for name, case in CASES.items() if "sqlite" in case.databases}
    assert found["cases"].keys() == cases
    for rounds in found["cases"].values():
        assert rounds.keys() == {"bare", "audit_log"}
    create = found["cases"]["create"]
    assert [one["records"] for one in create["audit_log"]] == [1] * 6
    assert [one["records"] for one in create["bare"]] == [0] * 6
    assert all(one["seconds"] > 0 for one in create["bare"])
    assert found["versions"]["audit_log"]["SQLite journal_mode"] == "wal"
    assert CASES["create"].title in page.read_text()
    assert not list(tmp_path.rglob("*.sqlite3"))


@pytest.mark.sqlite
def test_pages_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        *("--python", sys.executable, "--cache", str(tmp_path), "--packages", "bare,audit_log"),
        *("--scale", "0.02", "--pages", "--cases", "create,load"),
    ]
    assert main(arguments) == 0, capsys.readouterr().err
    create, load = capsys.readouterr().out.splitlines()[-2:]
    title, bare, ours = (cell.strip() for cell in create.strip("|").split("|"))
    assert title == CASES["create"].title
    assert 0 < float(bare) < float(ours)
    assert load.endswith("| 0 | 0 |")


@pytest.mark.sqlite
def test_reading_side_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    arguments = [
        *("reading", "--python", sys.executable, "--cache", str(tmp_path), "--rows", "300"),
        *("--parts", "pages", "--groups", "panel", "--rounds", "1", "--json", str(figures)),
    ]
    assert main(arguments) == 0, capsys.readouterr().err
    found = json.loads(figures.read_text())
    pages = {f"{page['group']}: {page['name']}": page for page in found["pages"]}
    assert pages.keys() == {
        "plain: first page",
        "panel: history of an object",
        "panel: history of the busiest object",
    }
    assert all(page["queries"] > 2 and page["seconds"] for page in pages.values())
    assert "panel: history of an object" in capsys.readouterr().out
    assert list(tmp_path.rglob("audit_bench_log_300_*.sqlite3"))
    assert main([*arguments[:5], "--drop"]) == 0
    assert not list(tmp_path.rglob("*.sqlite3"))


def test_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--cases", "nonsense"])
    assert "nonsense: not one of create, " in capsys.readouterr().err
    assert main(["--latency", "1"]) == 1
    assert "SQLite is no server" in capsys.readouterr().err
