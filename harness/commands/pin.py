"""``trt-matrix pin``: name a run as a baseline, and keep its evidence from every clean-up."""

from __future__ import annotations

import argparse
import json

from harness.commands.history_option import add_history_arguments
from harness.errors import Exit, UsageError
from harness.history import resolve
from harness.history.database import Database
from harness.history.store import opened, pin, place_of, runs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", help="run id, date or `latest`; without it, the pinned runs are listed")
    parser.add_argument("--as", dest="name", default="baseline", metavar="NAME", help="its name (default: baseline)")
    parser.add_argument("--remove", action="store_true", help="take the pin away again")
    add_history_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the pinned runs as JSON")


def run(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments.history, arguments.out), must_exist=True) as database:
        if arguments.run is not None:
            pin_run(database, arguments.run, None if arguments.remove else arguments.name)
        pinned = [each for each in runs(database) if each.pinned]
    if arguments.json:
        print(json.dumps([{"run": each.name, "name": each.pinned} for each in pinned], indent=1))
    else:
        print("\n".join(f"{each.pinned}: {each.name}" for each in pinned) or "no run is pinned")
    return Exit.OK


def pin_run(database: Database, words: str, name: str | None) -> None:
    found = resolve.find_run(runs(database), words)
    if found is None:
        raise UsageError(f"{words!r} is no run, date or baseline of the history {database.name}")
    pin(database, found.name, name)
