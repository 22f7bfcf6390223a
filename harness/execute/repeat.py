"""The command that repeats one case, as its record keeps it."""

from __future__ import annotations

import shlex
from pathlib import Path

from harness.evidence.layout import OUT

MATRIX = "matrix.yaml"


def command(cell_id: str, case_id: str, matrix: str, out: Path) -> str:
    """``matrix`` and ``out`` are named where they are not the defaults."""
    words = [
        *(["--matrix", matrix] if matrix != MATRIX else []),
        *(["--out", str(out)] if out.resolve() != OUT.resolve() else []),
    ]
    return f"trt-matrix run --only '{cell_id}::{case_id}'" + (f" {shlex.join(words)}" if words else "")
