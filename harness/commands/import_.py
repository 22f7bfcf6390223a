"""``trt-matrix import``: take runs made elsewhere into the history."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.history.files import load_results
from harness.history.package import SUFFIX, unpack
from harness.history.record import catch_up
from harness.history.store import opened, place_of
from harness.history.writer import add


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help=f"a run's folder, or a *{SUFFIX}")
    parser.add_argument("--all", action="store_true", help="every finished run below --out")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print what was added as JSON")


def run(arguments: argparse.Namespace) -> int:
    if not arguments.paths and not arguments.all:
        raise UsageError("nothing named to import: give a run's folder or package, or --all")
    return import_runs(
        arguments.paths,
        out=arguments.out,
        place=place_of(arguments.history, arguments.out),
        everything=arguments.all,
        as_json=arguments.json,
    )


def import_runs(paths: Sequence[Path], *, out: Path, place: str, everything: bool, as_json: bool) -> int:
    """Packages are unpacked below ``out``; folders stay where they are and are referred to."""
    told = []
    with opened(place) as database:
        for path in paths:
            folder = path if path.is_dir() else unpack(path, out)
            results = load_results(folder)
            added = add(database, results, folder)
            told.append({"run": results.run.id, "folder": str(folder), "added": added})
        notes = catch_up(database, out) if everything else []
    if as_json:
        print(json.dumps({"runs": told, "notes": notes}, indent=1))
    else:
        lines = [f"{run['run']}: {'added' if run['added'] else 'was there already'}" for run in told]
        print("\n".join([*lines, *notes] or ["nothing new"]))
    return Exit.OK
