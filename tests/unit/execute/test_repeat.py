from __future__ import annotations

from pathlib import Path

import pytest

from harness.execute.repeat import command


@pytest.mark.parametrize(
    ("matrix", "out", "options"),
    [
        ("matrix.yaml", "reports/out", ""),
        ("my own.yaml", "reports/out", " --matrix 'my own.yaml'"),
        ("matrix.yaml", "out", " --out out"),
    ],
)
def test_names_what_is_not_the_default(matrix: str, out: str, options: str) -> None:
    assert command("cell", "case", matrix, Path(out)) == f"trt-matrix run --only 'cell::case'{options}"
