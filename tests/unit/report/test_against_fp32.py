from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from harness.evidence.records import CaseRecord, CellRecord, Comparison, Limit, Outcome, OutputDifference, Stage
from harness.report.case_text import case_text
from harness.report.payload import payload
from tests import sample

COMPARISON = Comparison(
    samples="k" * 32,
    by="the FP32 model by ONNX Runtime on the CPU, 8 rendered pictures, seeds from 1000000",
    outputs=[
        OutputDifference(name="boxes", cosine=0.999, max_abs_error=31.5, mean_abs_error=0.25, worst=[3, 0, 17, 2],
                         value=12.0, expected=43.5),
        OutputDifference(name="scores", cosine=0.91, max_abs_error=0.5, mean_abs_error=0.01, worst=[0, 0, 9],
                         value=None, expected=0.25, not_finite=4),
    ],
    limits=[Limit(metric="cosine_min", least=0.95), Limit(metric="not_finite", most=0)],
    beyond=["cosine_min is 0.91, the least allowed is 0.95"],
)  # fmt: skip


def compared() -> tuple[CellRecord, CaseRecord]:
    cell = next(cell for cell in sample.results().cells if cell.flavour == "tensorrt-rtx")
    case = replace(
        cell.cases[0],
        stage=Stage.COMPARE,
        outcome=Outcome.FAILED,
        metrics={"cosine_min": 0.91, "cosine.boxes": 0.999, "latency_ms": 1.25},
        comparison=COMPARISON,
    )
    return cell, case


def test_the_terminal_shows_limits_and_the_worst_place_in_80_columns(tmp_path: Path) -> None:
    cell, case = compared()
    text = case_text(cell, case, tmp_path)
    assert "outcome     failed at compare" in text
    assert "cosine min  0.91 (at least 0.95)" in text
    assert "latency     1.25 ms" in text
    assert "cosine.boxes" not in text  # the table of outputs has it
    flat = " ".join(text.split())
    assert "boxes: cosine 0.999000, largest error 31.5, mean 0.25; worst at sample 3, [0, 17, 2]: 12 for 43.5" in flat
    assert "worst at sample 0, [0, 9]: not finite for 0.25" in flat
    assert "beyond: cosine_min is 0.91, the least allowed is 0.95" in flat
    part = text[text.index("against ") : text.index("repeat: ")]
    assert max(map(len, part.splitlines())) <= 80


def test_the_page_has_the_comparison_and_none_where_nothing_was_executed(tmp_path: Path) -> None:
    cell, case = compared()
    waiting = replace(case, comparison=Comparison(samples="k" * 32, limits=COMPARISON.limits))
    data = payload([replace(cell, cases=[case, waiting])], tmp_path)
    place = data["fields"].index("comparison")
    shown, nothing = (row[place] for row in data["cells"][cell.id])
    assert data["table"][shown]["outputs"][0]["worst"] == [3, 0, 17, 2]
    assert nothing is None
