from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from harness.evidence.records import Cost, Host
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan
from harness.matrix.table import WIDTH, cost_words, render

LONGEST = """\
grids:
  - flavour: tensorrt
    environment: docker
    required: true
    include:
      - {version: "10.13.3", cuda: "13.0", ubuntu: "24.04", source: "ngc:25.10-py3"}
"""
WAIVERS = """
waivers:
  - {reason: plugin scale, finding: int8-*, cell: "trt8*", link: "https://example.com/1", expires: 2026-01-31}
"""


@pytest.fixture
def text(expanded: Callable[[str], Matrix], planned: Callable[..., Plan], base: str, bare: Host) -> Callable[..., str]:
    def text(matrix: str = base, *, cases: bool = False) -> str:
        return render(planned(matrix, bare), expanded(matrix), bare, cases=cases, today=date(2026, 11, 23))

    return text


def test_a_row_per_cell_with_counts_and_reasons(text: Callable[..., str]) -> None:
    lines = text().splitlines()
    assert "2 cells, 8 cases: 4 in 2 cells run here, 4 not applicable, 0 not run" in lines
    row = next(line for line in lines if line.startswith("trtrtx1.6.1"))
    assert row.split() == ["trtrtx1.6.1-cuda12.9-wheels", "2", "2", "0", "-", "1"]
    assert "[1]  TensorRT-RTX has no BuilderFlag.FP16: 4 cases" in lines


def test_fits_80_columns(text: Callable[..., str]) -> None:
    for line in "\n".join((text(), text(LONGEST), text(cases=True))).splitlines():
        assert len(line) <= WIDTH, line


def test_required_cells_are_marked(text: Callable[..., str]) -> None:
    assert "trt10.13.3-cuda13.0-ubuntu24.04 *" in text(LONGEST)
    assert "* required" in text(LONGEST)
    assert "*" not in text()


def test_cases_on_request(text: Callable[..., str], base: str) -> None:
    assert "face.onnx.fp32.sm86" not in text()
    listed = text(cases=True)
    assert "  face.onnx.fp32.sm86\n      runs" in listed
    assert "  face.onnx.fp16-flag.sm86\n      not-applicable: TensorRT-RTX has no BuilderFlag.FP16" in listed


def test_waivers_are_listed_and_an_expired_one_says_so(text: Callable[..., str], base: str) -> None:
    listed = " ".join(text(base + WAIVERS).split())
    assert "int8-* @ trt8* / * until 2026-01-31 EXPIRED: plugin scale https://example.com/1" in listed


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "-"),
        (Cost(), "-"),
        (Cost(download_bytes=187_400_000), "187 MB"),
        (Cost(download_bytes=6_400_000_000), "6.4 GB"),
        (Cost(download_bytes=10), "1 MB"),
        (Cost(download_bytes=187_400_000, cached=True), "cached"),
    ],
)
def test_cost_in_words(cost: Cost | None, words: str) -> None:
    assert cost_words(cost) == words
