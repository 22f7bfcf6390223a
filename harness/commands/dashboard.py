"""``trt-matrix dashboard``: write the regression dashboard from the history."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from harness.commands.history_option import add_history_arguments
from harness.commands.waivers_option import add_waivers_argument, waivers_of
from harness.errors import Exit
from harness.history.store import opened, place_of
from harness.report.dashboard import Options, write


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_history_arguments(parser)
    parser.add_argument("--to", type=Path, metavar="DIR", help="folder of the site (default: dashboard below --out)")
    parser.add_argument("--nights", type=_nights, default=400, metavar="N", help="newest nights to show (default: 400)")
    parser.add_argument("--label", default="", help="only runs with this label")
    add_waivers_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the path as JSON")


def run(arguments: argparse.Namespace) -> int:
    return write_dashboard(
        place_of(arguments.history, arguments.out),
        arguments.to or arguments.out / "dashboard",
        Options(
            most=arguments.nights,
            label=arguments.label,
            waivers=waivers_of(arguments.matrix),
            today=datetime.now(UTC).date(),
        ),
        as_json=arguments.json,
    )


def write_dashboard(place: str, to: Path, options: Options, *, as_json: bool) -> int:
    with opened(place, must_exist=True) as database:
        index = write(database, to, options)
    print(json.dumps({"index": str(index)}) if as_json else index)
    return Exit.OK


def _nights(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)
