"""``trt-matrix export``: a run as one file, for another machine or a ticket."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.history import resolve
from harness.history.package import export
from harness.history.store import opened, place_of, runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", nargs="?", default="latest", metavar="RUN", help="run id, date, baseline or folder (default: latest)"
    )
    parser.add_argument(
        "--to", type=Path, default=Path(), metavar="PATH", help="file or folder to write to (default: .)"
    )
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the file's path and size as JSON")


def run(arguments: argparse.Namespace) -> int:
    return export_run(
        arguments.run, to=arguments.to, place=place_of(arguments.history, arguments.out), as_json=arguments.json
    )


def export_run(words: str, *, to: Path, place: str, as_json: bool) -> int:
    file = export(folder_of(words, place), to)
    size = file.stat().st_size
    print(json.dumps({"file": str(file), "bytes": size}) if as_json else f"{file} ({size / 2**20:,.1f} MiB)")
    return Exit.OK


def folder_of(words: str, place: str) -> Path:
    """The folder of a run; UsageError where the run is unknown or its folder is gone."""
    if resolve.is_folder(words):
        return Path(words) if Path(words).is_dir() else Path(words).parent
    with opened(place, must_exist=True) as database:
        found = resolve.find_run(runs(database), words)
    if found is None:
        raise UsageError(f"{words!r} is no run, date or baseline of the history {place}")
    if not found.folder or not Path(found.folder).is_dir():
        since = f" (removed {found.removed})" if found.removed else ""
        raise UsageError(
            f"run {found.name}: its folder {found.folder or '-'} is gone{since}; only its records are left"
        )
    return Path(found.folder)
