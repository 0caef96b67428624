"""Fifteen years of real changes, done again; then the entries alone must tell all of it."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit_log.models import AuditEntry
from example_project.languages.history import COLUMNS
from example_project.languages.management.commands import replay as command
from example_project.languages.models import Language

pytestmark = pytest.mark.urls("example_project.urls")

TARGET_TYPE = "languages.language"
FIELD_OF = {column: field for field, column in COLUMNS.items()}

Registry = dict[str, dict[str, str]]
"""Records by name; values as canonical JSON, which tells ``true``, ``1``, ``1.0`` and ``"1"``
from each other."""


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)


def read_lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def truth(lines: list[dict[str, Any]]) -> Iterator[Registry]:
    """The registry after each commit, from the file."""
    registry: Registry = {}
    for line in lines:
        for what, name, fields in line["changes"]:
            if what == "delete":
                del registry[name]
                continue
            record = registry.setdefault(name, {})
            for field, value in fields.items():
                if value is None:
                    record.pop(field, None)
                else:
                    record[field] = canonical(value)
        yield registry


def told(entries: list[AuditEntry]) -> Iterator[tuple[list[AuditEntry], Registry]]:
    """The registry after each run of entries of one commit, from the entries alone."""
    by_key: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for _ref, group in groupby(entries, key=lambda entry: entry.correlation_id):
        commit = list(group)
        for entry in commit:
            if entry.action == "language.delete":
                # What it was is told once more, and must be what was told before.
                last = {
                    FIELD_OF[column]: canonical(change["old"])
                    for column, change in entry.changes.items()
                    if column != "name"
                }
                assert last == by_key.pop(entry.target_id)
                assert entry.changes["name"]["old"] == names.pop(entry.target_id)
                continue
            if entry.action == "language.create":
                assert entry.target_id not in by_key
                names[entry.target_id] = entry.changes["name"]["new"]
                by_key[entry.target_id] = {}
            else:
                assert entry.action == "language.update"
            record = by_key[entry.target_id]
            for column, change in entry.changes.items():
                if column == "name":
                    continue
                field = FIELD_OF[column]
                before = None if change["old"] is None else canonical(change["old"])
                assert record.get(field) == before
                if change["new"] is None:
                    record.pop(field, None)
                else:
                    record[field] = canonical(change["new"])
            assert entry.target_repr == names[entry.target_id]
        yield commit, {names[key]: record for key, record in by_key.items()}


@pytest.mark.reference_data
@pytest.mark.django_db(transaction=True)
def test_entries_alone_tell_the_registry_after_each_commit(reference_data_path: Path) -> None:
    out = io.StringIO()
    call_command("replay", reference_data_path, stdout=out)
    assert "Replayed 1761 commits" in out.getvalue()

    lines = read_lines(reference_data_path)
    entries = list(AuditEntry.objects.filter(target_type=TARGET_TYPE).order_by("id"))
    # Every commit of the file changes something, and each has a name of its own.
    assert len(lines) == len({line["ref"] for line in lines}) == 1761
    assert len(entries) == sum(len(line["changes"]) for line in lines)

    clock = datetime.fromisoformat(lines[0]["at"])
    compared = 0
    for line, expected, (commit, found) in zip(lines, truth(lines), told(entries), strict=True):
        assert found == expected, f"after {line['ref']}"
        at = datetime.fromisoformat(line["at"])
        clock = max(clock, at)
        for entry in commit:
            assert entry.actor_repr == line["by"]
            assert entry.actor.get_username() == line["by"]
            assert entry.correlation_id == line["ref"]
            assert entry.occurred_at == clock
            assert datetime.fromisoformat(entry.metadata["committed_at"]) == at
        compared += 1
    assert compared == 1761
    assert {entry.actor_repr for entry in entries} == {line["by"] for line in lines}
    compare_states(lines, entries)
    # The contributors' accounts were made before, under a pause that the log tells of.
    others = AuditEntry.objects.exclude(target_type=TARGET_TYPE)
    assert [(entry.action, entry.target_type) for entry in others] == [
        ("audit_log.pause", "auth.user")
    ]


def compare_states(lines: list[dict[str, Any]], entries: list[AuditEntry]) -> None:
    """What `state_of` says of a moment is the registry of then, after each commit.

    Asked about one language that the commit touched and one of all that there ever were.
    """
    chance = random.Random(7)
    names: dict[str, str] = {}
    gone: set[str] = set()
    commits = [list(group) for _ref, group in groupby(entries, key=lambda one: one.correlation_id)]
    following = [*(commit[0].occurred_at for commit in commits[1:]), None]
    asked = {True: 0, False: 0}
    for commit, then, expected in zip(commits, following, truth(lines), strict=True):
        names |= {entry.target_id: entry.target_repr for entry in commit}
        gone |= {entry.target_id for entry in commit if entry.event_type == "delete"}
        at = commit[-1].occurred_at
        if then == at:
            # Of a moment with several commits the state is that after the last of them.
            continue
        for key in {chance.choice(commit).target_id, chance.choice(list(names))}:
            state = AuditEntry.objects.state_of(Language(pk=int(key)), at)
            assert state.exists is (key not in gone), (key, at)
            asked[state.exists] += 1
            if state.exists:
                values = {
                    FIELD_OF[column]: canonical(value)
                    for column, value in state.values.items()
                    if column in FIELD_OF and value is not None
                }
                assert values == expected[names[key]], (key, at)
    assert asked[True] > 2_000
    assert asked[False] > 100


def history(tmp_path: Path, *commits: dict[str, Any], compressed: bool = False) -> Path:
    """A file of these commits."""
    path = tmp_path / "history.jsonl"
    text = "".join(json.dumps(commit) + "\n" for commit in commits).encode()
    path.write_bytes(gzip.compress(text) if compressed else text)
    return path


def commit(number: int, *changes: list[Any], at: str | None = None) -> dict[str, Any]:
    return {
        "at": at or f"2020-01-{number:02}T12:00:00+00:00",
        "by": f"contributor-{number}",
        "ref": f"ref{number}",
        "changes": list(changes),
    }


FIRST = commit(1, ["create", "Ada", {"type": "programming", "extensions": [".ads", 0.1]}])


@pytest.mark.django_db
@pytest.mark.parametrize("compressed", [True, False])
def test_limit_stops_after_so_many_commits(tmp_path: Path, compressed: bool) -> None:
    second = commit(2, ["update", "Ada", {"type": None}])
    path = history(tmp_path, FIRST, second, compressed=compressed)
    call_command("replay", path, limit=1, stdout=io.StringIO())
    assert Language.objects.get().type == "programming"


@pytest.mark.django_db
def test_commit_that_changes_nothing_leaves_nothing(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        FIRST,
        commit(2, ["update", "Ada", {"type": "programming"}]),
        commit(3),
    )
    call_command("replay", path, stdout=io.StringIO())
    entry = AuditEntry.objects.get(target_type=TARGET_TYPE)
    assert (entry.action, entry.correlation_id) == ("language.create", "ref1")


@pytest.mark.django_db
def test_names_that_differ_in_case_are_different_languages(tmp_path: Path) -> None:
    path = history(
        tmp_path,
        commit(1, ["create", "Vim Script", {"type": "programming"}]),
        commit(2, ["delete", "Vim Script", {}], ["create", "Vim script", {"type": "data"}]),
        commit(3, ["update", "Vim script", {"type": "markup"}]),
    )
    call_command("replay", path, stdout=io.StringIO())
    assert list(Language.objects.values_list("name", "type")) == [("Vim script", "markup")]


@pytest.mark.django_db
def test_time_that_goes_back_stands_still(tmp_path: Path) -> None:
    early = commit(2, ["update", "Ada", {"type": "data"}], at="2019-05-01T00:00:00+02:00")
    call_command("replay", history(tmp_path, FIRST, early), stdout=io.StringIO())
    first, second = AuditEntry.objects.filter(target_type=TARGET_TYPE).order_by("id")
    assert (first.action, second.action) == ("language.create", "language.update")
    assert first.occurred_at == second.occurred_at
    assert second.metadata["committed_at"] == "2019-05-01T00:00:00+02:00"


@pytest.mark.django_db
def test_second_run_is_refused_unless_fresh(tmp_path: Path) -> None:
    path = history(tmp_path, FIRST)
    call_command("replay", path, stdout=io.StringIO())
    with pytest.raises(CommandError, match="replayed already"):
        call_command("replay", path, stdout=io.StringIO())
    call_command("replay", path, fresh=True, stdout=io.StringIO())
    assert Language.objects.count() == 1
    actions = AuditEntry.objects.filter(target_type=TARGET_TYPE).values_list("action", flat=True)
    assert sorted(actions) == ["language.create", "language.create", "language.delete"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("second", "message"),
    [
        (b"{", "line 2: "),
        (b"[]\n", "line 2: "),
        (b'{"at": "2020-01-02T00:00:00Z", "by": "a", "ref": "b"}', "line 2: 'changes' is missing"),
        (json.dumps(commit(2, at="yesterday")).encode(), "line 2: Invalid isoformat"),
        (json.dumps(commit(2, at="2020-01-02T00:00:00")).encode(), "line 2: the time has no"),
        (json.dumps(commit(2, ["move", "Ada", {}])).encode(), "line 2: 'move' is no kind"),
        (json.dumps(commit(2, ["update", "Ada", {"x": 1}])).encode(), "a language has no field x"),
        (json.dumps(commit(2, ["update", "Ada", [1]])).encode(), "line 2: "),
        (json.dumps(commit(2, ["update", "Bob", {}])).encode(), "no language 'Bob' to update"),
    ],
)
def test_broken_line_is_named(tmp_path: Path, second: bytes, message: str) -> None:
    path = history(tmp_path, FIRST)
    path.write_bytes(path.read_bytes() + second)
    with pytest.raises(CommandError) as error:
        call_command("replay", path, stdout=io.StringIO())
    assert message in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.django_db
def test_damaged_archive_changes_nothing(tmp_path: Path) -> None:
    path = history(tmp_path, FIRST, compressed=True)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(CommandError, match="the file is damaged"):
        call_command("replay", path, stdout=io.StringIO())
    assert not Language.objects.exists()


@pytest.mark.django_db
def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.jsonl cannot be read: No such file"):
        call_command("replay", tmp_path / "nothing.jsonl")


@pytest.mark.django_db
def test_limit_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("replay", history(tmp_path, FIRST), limit=0)


def test_progress_is_drawn_on_a_terminal_alone() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    commits: list[Any] = [type("Commit", (), {"at": datetime(2020, 1, 2)})] * 25  # noqa: DTZ001
    screen, pipe = Terminal(), io.StringIO()
    assert len(list(command.progress(commits, 25, screen))) == 25
    assert "10/25 2020-01-02" in screen.getvalue()
    assert screen.getvalue().endswith("25/25 2020-01-02\n")
    assert len(list(command.progress(commits, 25, pipe))) == 25
    assert pipe.getvalue() == ""
