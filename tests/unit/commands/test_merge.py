"""``trt-matrix merge``, from folders and packages to a run with evidence and a place in the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from harness import cli
from harness.errors import Exit
from harness.evidence.records import Outcome, Results
from harness.history.files import load_results
from harness.history.package import export
from harness.report import write
from tests import sample


def part(folder: Path, run_id: str, keep: str) -> tuple[Path, Results]:
    """A finished run in which one cell alone ran, with its evidence on disk."""
    cells = [sample.rtx_cell("1.6.1", "12.9"), sample.rtx_cell("1.7.1", "12.9")]
    cells = [
        cell if cell.version == keep else replace(cell, cases=[replace(c, outcome=Outcome.NOT_RUN) for c in cell.cases])
        for cell in cells
    ]
    results = sample.assemble(cells, run_id=run_id)
    place = folder / run_id
    place.mkdir(parents=True)
    sample.write_evidence(results, place)
    write.write_all(results, place)
    return place, results


def test_parts_become_one_run_with_their_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, _ = part(tmp_path / "job-1", "2026-11-23T08-00-00Z-0001", "1.6.1")
    two, _ = part(tmp_path / "job-2", "2026-11-23T08-00-00Z-0002", "1.7.1")
    package = export(two, tmp_path)
    out = tmp_path / "out"
    assert cli.main_outer(["merge", str(one), str(package), "--label", "night", "--out", str(out)]) == Exit.OK
    whole = load_results(out / "latest")
    assert whole.run.label == "night"
    assert [any(case.outcome.executed for case in cell.cases) for cell in whole.cells] == [True, True]
    executed = [(cell, case) for cell in whole.cells for case in cell.cases if case.outcome.executed]
    there = [case for _, case in executed if (out / "latest" / case.evidence / "tensorrt.log").is_file()]
    assert len({case.evidence.split("/")[1] for case in there}) == 2
    assert sorted(path.name for path in out.iterdir() if path.name.startswith("2")) == [whole.run.id]
    assert "executed" in capsys.readouterr().out
    assert cli.main_outer(["compare", "latest", "latest", "--out", str(out)]) == Exit.OK


def test_what_cannot_be_merged_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, _ = part(tmp_path / "job-1", "2026-11-23T08-00-00Z-0001", "1.6.1")
    out = tmp_path / "out"
    assert cli.main_outer(["merge", str(one), str(one), "--out", str(out)]) == Exit.USAGE
    assert "named twice" in capsys.readouterr().err
    assert list(out.iterdir()) == []
