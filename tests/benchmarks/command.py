"""The command line: what is measured, and where the report goes."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.benchmarks import machine, report, writing
from tests.benchmarks.cases import CASES
from tests.benchmarks.environment import alone, default_cache, python_with
from tests.benchmarks.packages import BARE, PACKAGES
from tests.benchmarks.processes import Failed, latency
from tests.benchmarks.reading import command as reading
from tests.benchmarks.writing import PackageTarget

FULL, QUICK = 5, 3
"""Rounds."""


def names(known: Any) -> Any:
    def parse(text: str) -> list[str]:
        chosen = [one.strip() for one in text.split(",") if one.strip()]
        if unknown := [one for one in chosen if one not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not one of {', '.join(known)}")
        return chosen

    return parse


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add = made.add_argument
    add("--database", choices=("sqlite", "postgres"), default="sqlite")
    add("--packages", type=names(PACKAGES), help=f"of {','.join(PACKAGES)}")
    add("--cases", type=names(CASES), default=list(CASES), help=f"of {','.join(CASES)}")
    add("--rounds", type=int, help="how often everything is measured; the median counts")
    add(
        "--scale",
        type=float,
        default=1.0,
        help="how many of each case's operations are done: 0.5 is half",
    )
    add("--quick", action="store_true", help=f"{QUICK} rounds instead of {FULL}")
    add(
        "--clock",
        choices=("seconds", "cpu"),
        default="seconds",
        help="what is compared: seconds "
        "on the clock, or of the process's own work, which other work disturbs less",
    )
    add(
        "--latency",
        type=float,
        metavar="MS",
        help="a network between here and PostgreSQL: milliseconds each way",
    )
    add("--no-actor", dest="actor", action="store_false", help="nobody is logged in")
    add("--transaction-mode", choices=("DEFERRED", "IMMEDIATE"), help="of SQLite")
    add("--profile", metavar="CASE", type=names(CASES), help="profile audit_log instead")
    add("--pages", action="store_true", help="count the pages that SQLite writes, and time nothing")
    add("--django", default="5.2", help="which Django is installed (%(default)s)")
    add("--python", help="an interpreter that has all that is needed; otherwise one is set up")
    add("--cache", type=Path, default=default_cache(), help="folder (%(default)s)")
    add("--json", type=Path, metavar="OUT", help="write all figures to a file")
    add("--markdown", type=Path, metavar="OUT", help="write the report to a file too")
    return made


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["reading"]:
        try:
            return reading.run(arguments[1:])
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    options = parser().parse_args(arguments)
    options.cases = [one for one in options.cases if options.database in CASES[one].databases]
    options.rounds = options.rounds or (QUICK if options.quick else FULL)
    try:
        with ExitStack() as stack:
            if options.latency and options.database != "postgres":
                raise Failed("--latency is for PostgreSQL: SQLite is no server.")
            if options.pages and options.database != "sqlite":
                raise Failed("--pages is for SQLite.")
            folder = stack.enter_context(alone(options.cache, options.database))
            port = stack.enter_context(latency(options.latency)) if options.latency else None
            return run(options, folder, port)
    except BlockingIOError:
        print("This checkout is being measured on that database already.", file=sys.stderr)
        return 1
    except Failed as error:
        print(error, file=sys.stderr)
        return 1


def run(options: argparse.Namespace, folder: Path, port: int | None) -> int:
    targets = targets_of(options, folder, port)
    where = machine.describe()
    try:
        if options.profile:
            return profile(targets, options.profile, options.scale)
        if options.pages:
            return pages(targets, options.cases, options.scale)
        results, versions = writing.measure(targets, options.cases, options.rounds, options.scale)
    finally:
        for target in targets:
            target.drop()
    settings = {
        "rounds": str(options.rounds),
        "share of the operations": f"{options.scale:.0%}",
        "actor": "a user" if options.actor else "nobody",
        "added latency": f"{options.latency or 0} ms each way",
    }
    tables = report.writing(results, options.database, options.clock)
    conditions = report.conditions({**where, **settings}, versions)
    text = "\n\n".join([tables, report.configured(versions), conditions])
    print(text)
    if options.markdown:
        options.markdown.write_text(text + "\n", encoding="utf-8")
    if options.json:
        figures = {"machine": where, "settings": settings, "versions": versions, "cases": results}
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def targets_of(options: argparse.Namespace, folder: Path, port: int | None) -> list[PackageTarget]:
    """Return the packages chosen, those of them that work on the database."""
    chosen = options.packages or (["audit_log"] if options.profile else list(PACKAGES))
    packages = [
        name
        for name, package in PACKAGES.items()
        if (name in chosen or (name == BARE and not options.profile))
        and options.database in package.databases
    ]
    requirements = [one for name in packages for one in PACKAGES[name].requirements]
    python = options.python or python_with(requirements, options.django, options.cache)
    return [
        PackageTarget(
            name,
            python=python,
            database=options.database,
            folder=folder,
            transaction_mode=options.transaction_mode,
            actor=options.actor,
            port=port,
        )
        for name in packages
    ]


def profile(targets: list[PackageTarget], cases: list[str], scale: float) -> int:
    for target in targets:
        with writing.started(target, writing.items_for(cases, scale)) as worker:
            for case in cases:
                print(f"{target.package}: {CASES[case].title}")
                print(worker.do("profile", case=case, **writing.sizes(CASES[case], scale)))
    return 0


def pages(targets: list[PackageTarget], cases: list[str], scale: float) -> int:
    cases = [case for case in cases if case != "size"]
    found: dict[str, list[str]] = {case: [] for case in cases}
    for target in targets:
        with writing.started(target, writing.items_for(cases, scale)) as worker:
            for case in cases:
                written = worker.do("pages", case=case, **writing.sizes(CASES[case], scale))
                found[case].append(f"{written:.3g}")
    head = ["pages written by one operation", *(target.package for target in targets)]
    print(report.table(head, [[CASES[case].title, *found[case]] for case in cases]))
    return 0
