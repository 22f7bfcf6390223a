"""``trt-matrix report``: write a run's pages again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit
from harness.evidence.layout import cache_folder, find_run, find_stopped
from harness.execute.compare import compared
from harness.execute.judge import audits_in, judge
from harness.execute.rescue import rescue
from harness.history.reread import replace
from harness.history.store import opened, place_of
from harness.report import results_file, text, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="a run's id (the newest run)")
    parser.add_argument(
        "--reclassify", action="store_true", help="put the new verdicts into the history; old ones stay beside"
    )
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print where the files are, as JSON")


def run(arguments: argparse.Namespace) -> int:
    place = place_of(arguments.history, arguments.out) if arguments.reclassify else None
    return report(arguments.run, out=arguments.out, as_json=arguments.json, history=place)


def report(name: str, *, out: Path, as_json: bool, history: str | None = None) -> int:
    """Write the pages of a run from its evidence, and print its table; ``history``: keep the new verdicts there."""
    stopped = find_stopped(out, name)
    folder = stopped or find_run(out, name)
    left = rescue(results_file.read(folder.plan), folder) if stopped else write.rebuild(folder.path)
    written = compared(left, folder, cache_folder(out).resolve())
    results = judge(written, folder, audits_in(written))
    index = write.write_all(results, folder.path)
    if history is not None:
        with opened(history) as database:
            changed = replace(database, results, folder.path)
        print(f"trt-matrix: {len(changed)} verdicts changed; the old ones are kept in the history", file=sys.stderr)
    if as_json:
        files = {"run": folder.id, "folder": str(folder.path), "index": str(index)}
        print(json.dumps(files | {"results": str(folder.results)}))
    else:
        print(text.table(results, index), end="")
    return Exit.OK
