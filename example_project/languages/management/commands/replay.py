"""``python manage.py replay FILE``: fifteen years of real changes, in seconds."""

from __future__ import annotations

import itertools
import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

import audit_log
from example_project.languages.history import BrokenHistory, Commit, read
from example_project.languages.models import Language
from example_project.languages.replay import replay


class Command(BaseCommand):
    help = "Replays the recorded history of a registry of programming languages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines, gzipped or not, a commit a line")
        parser.add_argument("--limit", type=int, metavar="N", help="stop after N commits")
        parser.add_argument(
            "--fresh",
            action="store_true",
            help="delete the languages that are there (which the log tells, too) and start again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        limit = options["limit"]
        if limit is not None and limit < 1:
            raise CommandError("--limit takes a number of commits, 1 or more.")
        commits = self.read(options["file"], limit)
        self.make_room(fresh=options["fresh"])
        try:
            done = sum(1 for commit in progress(replay(commits), len(commits), sys.stderr))
        except BrokenHistory as error:
            raise CommandError(f"{options['file']}: {error}") from error
        self.stdout.write(
            f"Replayed {done} commits; {Language.objects.count()} languages are there now.\n"
            "To look at them: python manage.py demo, log in as it says, then open\n"
            f"  {reverse('languages:language-list')}  the languages, each with its history\n"
            f"  {reverse('admin:audit_log_auditentry_changelist')}"
            "?target_type=languages.language  all of it"
        )

    def read(self, path: Path, limit: int | None) -> list[Commit]:
        """All of the file first: a damaged one changes nothing."""
        try:
            return list(itertools.islice(read(path), limit))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error
        except BrokenHistory as error:
            raise CommandError(f"{path}, {error}") from error

    def make_room(self, *, fresh: bool) -> None:
        """Refuse to replay on top of what is there, unless it may go."""
        if not Language.objects.exists():
            return
        if not fresh:
            raise CommandError(
                "The history is replayed already. With --fresh the languages are deleted and "
                "it is replayed again; the audit log keeps the entries of both."
            )
        command = audit_log.Actor("command", "replay --fresh")
        with audit_log.context(actor=command, reason="replayed again"), transaction.atomic():
            for language in Language.objects.all():
                language.delete()


def progress(commits: Iterable[Commit], total: int, stream: TextIO) -> Iterable[Commit]:
    """Pass the commits on and draw a bar, where somebody sees it."""
    if not stream.isatty():
        yield from commits
        return
    width = 40
    for done, commit in enumerate(commits, start=1):
        if done % 10 == 0 or done == total:
            filled = width * done // total
            bar = "█" * filled + "░" * (width - filled)
            stream.write(f"\r{bar} {done}/{total} {commit.at:%Y-%m-%d}")
            stream.flush()
        yield commit
    stream.write("\n")
