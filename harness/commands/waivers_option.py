"""The option that says which matrix file's waivers hold."""

from __future__ import annotations

import argparse
import platform
from pathlib import Path

from harness.matrix.expand import expand
from harness.matrix.load import load
from harness.matrix.waivers import Waiver

_DEFAULT = Path("matrix.yaml")


def add_waivers_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--matrix", type=Path, metavar="FILE", help="its waivers hold (default: matrix.yaml, where there is one)"
    )


def waivers_of(matrix: Path | None) -> tuple[Waiver, ...]:
    """The waivers of a matrix file; without one named, of ``matrix.yaml`` here, or none."""
    if matrix is None and not _DEFAULT.is_file():
        return ()
    return expand(load(matrix or _DEFAULT), ".".join(platform.python_version_tuple()[:2])).waivers
