"""The options that say where runs and their history are."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from harness.evidence.layout import OUT
from harness.history.database import shown


def add_history_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"folder of the runs (default: {OUT})")
    parser.add_argument(
        "--history",
        metavar="FILE|URL",
        help="SQLite file or postgresql:// URL of the history (default: $TRT_MATRIX_HISTORY, else DIR/history.sqlite)",
    )


def history_options(out: Path, history: str | None) -> str:
    """The same options again, for commands that people repeat; nothing where they are the defaults."""
    words = [*(["--out", str(out)] if out != OUT else []), *(["--history", shown(history)] if history else [])]
    return f" {shlex.join(words)}" if words else ""
