"""``trt-matrix repro``: a folder that repeats one case without this project."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path

from harness.commands.export import folder_of
from harness.commands.history_option import add_history_arguments
from harness.errors import Exit
from harness.history import reader
from harness.history.files import load_results
from harness.history.store import opened, place_of
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
        folder_of(arguments.run, place := place_of(arguments.history, arguments.out)),
        arguments.to,
        place=place,
        as_json=arguments.json,
    )


def make_repro(case: str, folder: Path, to: Path | None, *, as_json: bool, place: str = "") -> int:
    """``place``: the history, which knows how the case ended in other releases; without it only the run tells."""
    subject = repro.find(load_results(folder), folder, case)
    if "://" in place or Path(place).is_file():
        with opened(place) as database:
            subject = dataclasses.replace(subject, elsewhere=reader.ended_elsewhere(database, subject.case.id))
    made = repro.write(subject, to or Path(f"repro-{subject.cell.id}-{subject.case.id}"))
    print(json.dumps({"folder": str(made)}) if as_json else made)
    return Exit.OK
