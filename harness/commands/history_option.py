"""The options that say where runs and their history are."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.evidence.layout import OUT


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"folder of the runs (default: {OUT})")
    parser.add_argument(
        "--history",
        metavar="FILE|URL",
        help="SQLite file or postgresql:// URL of the history (default: $TRT_MATRIX_HISTORY, else DIR/history.sqlite)",
    )
