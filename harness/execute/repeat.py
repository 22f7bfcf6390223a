"""The command that repeats one case, as its record keeps it."""

from __future__ import annotations

import shlex
from functools import cache
from pathlib import Path

from harness.evidence.layout import OUT

MATRIX = "matrix.yaml"


def command(cell_id: str, case_id: str, matrix: str, out: Path) -> str:
    """``matrix`` and ``out`` are named where they are not the defaults."""
    return f"trt-matrix run --only '{cell_id}::{case_id}'{_options(matrix, out)}"


@cache
def _options(matrix: str, out: Path) -> str:
    elsewhere = out.resolve() != OUT.resolve()
    words = [*(["--matrix", matrix] if matrix != MATRIX else []), *(["--out", str(out)] if elsewhere else [])]
    return f" {shlex.join(words)}" if words else ""
