"""The cases of a recorded run by their names, without the target that all of them have."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.layout import RunFolder
from harness.evidence.records import CaseRecord, Results
from harness.execute.judge import judge
from harness.execute.rescue import rescue
from harness.report import results_file


def by_name(results: Results) -> dict[str, CaseRecord]:
    return {case.id.removesuffix(".device"): case for cell in results.cells for case in cell.cases}


def stored(run: Path) -> dict[str, CaseRecord]:
    """As the product wrote them on the GPU machine."""
    return by_name(results_file.read(run / "results.json"))


def judged_again(run: Path) -> dict[str, CaseRecord]:
    """From the evidence alone, by the rules of today; what a run that was stopped left, too."""
    folder = RunFolder(run)
    return by_name(judge(rescue(results_file.read(folder.plan), folder), folder, {}))
