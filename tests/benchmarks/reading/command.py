"""What reading costs: pages and exports of a large log."""

from __future__ import annotations

import argparse
import json
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tests.benchmarks import machine
from tests.benchmarks.environment import default_cache, python_with
from tests.benchmarks.reading import measure, report
from tests.benchmarks.report import conditions

PARTS = ("pages", "first", "export")
SMALL = 10_000


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks reading", description=__doc__)
    add = made.add_argument
    add("--database", choices=("sqlite", "postgres"), default="sqlite")
    add("--rows", type=int, default=1_000_000, help="entries in the log (%(default)s)")
    add("--seed", type=int, default=1, help="another history (%(default)s)")
    add("--parts", type=lambda text: text.split(","), default=PARTS, help=",".join(PARTS))
    add(
        "--groups",
        type=lambda text: text.split(","),
        default=(),
        help="admin,pages,REST,panel: all",
    )
    add("--rounds", type=int, default=5)
    add("--show", metavar="PAGE", help="print the statements of the pages with that in the name")
    add("--drop", action="store_true", help="remove all logs instead, which are kept otherwise")
    add("--django", default="5.2", help="which Django is installed (%(default)s)")
    add("--python", help="an interpreter that has all that is needed; otherwise one is set up")
    add("--cache", type=Path, default=default_cache(), help="folder (%(default)s)")
    add("--json", type=Path, metavar="OUT", help="write all figures to a file")
    add("--markdown", type=Path, metavar="OUT", help="write the report to a file too")
    return made


def run(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    python = options.python or python_with(measure.REQUIREMENTS, options.django, options.cache)
    folder = options.cache / "logs"
    rows = {"large": options.rows, "small": min(SMALL, options.rows)}
    target = {
        size: measure.log_target(
            count, options.seed, python=python, database=options.database, folder=folder
        )
        for size, count in rows.items()
    }
    if options.drop:
        target["large"].drop_all("log_")
        return 0
    where = machine.describe()
    figures: dict[str, Any] = {"machine": where, "rows": rows, "seed": options.seed}
    texts = []
    # Whoever has seen enough gets the parts that are whole.
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        large = stack.enter_context(
            measure.opened(target["large"], options.rows, options.seed, folder)
        )
        figures["versions"] = {"audit_log": large.do("versions")}
        if "pages" in options.parts:
            found = measure.measure_pages(large, options.rows, options.rounds, options.groups)
            figures["pages"] = found
            texts.append(report.pages(found))
            if options.show:
                texts += statements(found, options.show)
        if "first" in options.parts:
            small = stack.enter_context(
                measure.opened(target["small"], rows["small"], options.seed, folder)
            )
            found = measure.measure_first_pages(large, small, options.rounds, rows)
            figures["first pages"] = found
            texts.append(report.first_pages(found, rows))
        if "export" in options.parts:
            exports = measure.measure_exports(large, options.rows, min(3, options.rounds))
            figures["exports"] = exports
            texts.append(report.exports(exports))
    about = {"entries": f"{options.rows:,}", "rounds": str(options.rounds)}
    texts.append(conditions({**where, **about}, figures.get("versions", {})))
    text = "\n\n".join(texts)
    print(text)
    if options.markdown:
        options.markdown.write_text(text + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return 0


def statements(found: measure.Figures, part: str) -> list[str]:
    return [
        "\n".join([f"{page['group']}: {page['name']}  {page['url']}", *page["statements"]])
        for page in found
        if part in page["name"]
    ]
