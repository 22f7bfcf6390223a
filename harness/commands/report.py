"""``trt-matrix report``: write a run's pages again."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from harness.errors import Exit
from harness.evidence.layout import OUT, find_run
from harness.execute.judge import judge
from harness.report import text, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="a run's id (the newest run)")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="the folder of all runs (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print where the files are, as JSON")


def run(arguments: argparse.Namespace) -> int:
    return report(arguments.run, out=arguments.out, as_json=arguments.json)


def report(name: str, *, out: Path, as_json: bool) -> int:
    """Write the pages of a run from its evidence, and print its table."""
    folder = find_run(out, name)
    results = judge(write.rebuild(folder.path), folder, {})
    index = write.write_all(results, folder.path)
    if as_json:
        files = {"run": folder.id, "folder": str(folder.path), "index": str(index)}
        print(json.dumps(files | {"results": str(folder.results)}))
    else:
        print(text.table(results, index), end="")
    return Exit.OK
