"""``trt-matrix repro``: a folder that repeats one case without this project."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from harness.commands.export import folder_of
from harness.commands.history_option import add_history_arguments
from harness.errors import Exit
from harness.history.files import load_results
from harness.history.store import place_of
from harness.report import repro


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CELL::CASE", help="the case")
    parser.add_argument("--run", default="latest", help="run id, date, baseline or folder (default: latest)")
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder to make (default: repro-CASE)")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the folder as JSON")


def run(arguments: argparse.Namespace) -> int:
    return make_repro(
        arguments.case,
        folder_of(arguments.run, place_of(arguments.history, arguments.out)),
        arguments.to,
        as_json=arguments.json,
    )


def make_repro(case: str, folder: Path, to: Path | None, *, as_json: bool) -> int:
    subject = repro.find(load_results(folder), folder, case)
    made = repro.write(subject, to or Path(f"repro-{subject.cell.id}-{subject.case.id}"))
    print(json.dumps({"folder": str(made)}) if as_json else made)
    return Exit.OK
