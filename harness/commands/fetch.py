"""``trt-matrix fetch``: bring a release's libraries and bindings into a directory, for hosts without Docker."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

from harness.environments import fetching, redist
from harness.errors import Exit
from harness.versions import Release


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("flavour", choices=["tensorrt"], help="what to fetch; TensorRT-RTX comes as wheels by itself")
    parser.add_argument("version", metavar="VERSION", help=f"one of {redist.KNOWN}")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="where to put it")
    parser.add_argument("--python", type=_python, metavar="3.N", help="version the bindings are for")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    release = Release.parse(f"{arguments.flavour} {arguments.version}")
    return fetch(release, arguments.to.absolute(), python=arguments.python or "", as_json=arguments.json)


def fetch(release: Release, place: Path, *, python: str, as_json: bool) -> int:
    done = fetching.fetch(release, place, python, _say)
    if as_json:
        print(json.dumps({**asdict(done), "place": str(done.place)}, indent=1))
    else:
        print(text(done))
    return Exit.OK


def text(done: fetching.Fetched) -> str:
    """What is there now, and the cell for it in ``matrix.yaml``."""
    state = f"made {' and '.join(done.made)}" if done.made else "all there already"
    cell = f'{{version: "{done.release}", cuda: "{done.cuda}", python: "{done.python}", source: "prefix:{done.place}"}}'
    return "\n".join(
        (
            f"{done.place}: TensorRT {done.release} for Python {done.python}, {state}",
            f"  libraries: {', '.join(done.libraries)}",
            f"  packages: {', '.join(f'{name} {version}' for name, version in done.packages.items())}",
            "A cell with it, in a grid with `environment: prefix`:",
            f"  - {cell}",
        )
    )


def _say(words: str) -> None:
    """One line that changes on a terminal; nothing elsewhere, where it would fill a log."""
    if sys.stderr.isatty():
        print(f"\r\033[K{words[:100]}", end="\r", file=sys.stderr, flush=True)


def _python(value: str) -> str:
    if not re.fullmatch(r"3\.\d{1,2}", value, re.ASCII):
        raise argparse.ArgumentTypeError(f"{value!r} is not a version of Python such as 3.11")
    return value
