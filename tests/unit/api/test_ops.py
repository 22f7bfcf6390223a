from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.api import ops, scoreboard
from harness.api.ops import Trial, counts, reason, try_models
from harness.api.scoreboard import Board
from harness.cli import main
from harness.environments import Prepared
from harness.errors import InputError
from harness.matrix.cell import Cell, EnvironmentKind
from harness.versions import Release

# Stands in for a builder: what a model holds says what becomes of it.
_FAKE = """\
import json, os, sys, time
_, results, models, *_ = sys.argv[1:]
with open(results, "a") as out:
    for path in open(models).read().splitlines():
        out.write(json.dumps({"model": path}) + "\\n"); out.flush()
        what = open(path).read()
        if what == "crash": os.abort()
        if what == "hang": time.sleep(60)
        out.write(json.dumps({"model": path, "outcome": what, "message": "why"}) + "\\n"); out.flush()
"""


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepared:
    fake = tmp_path / "fake.py"
    fake.write_text(_FAKE)
    monkeypatch.setattr(ops, "_WORKER", fake)
    release = Release.parse("tensorrt-rtx 1.7.1")
    cell = Cell(release, "12.9", None, "host", EnvironmentKind.WHEELS, "wheels")
    return Prepared(cell=cell, digest="", libraries=(), module="fake")


def trials(tmp_path: Path, prepared: Prepared, contents: list[str], workers: int = 2) -> list[str]:
    models = []
    for number, content in enumerate(contents):
        models.append(tmp_path / f"{number}.onnx")
        models[-1].write_text(content)
    scratch = tmp_path / "scratch"
    found = try_models(prepared, Path(sys.executable), models, scratch=scratch, workers=workers, timeout_s=1.0)
    assert [trial.model for trial in found] == [str(model) for model in models]
    return [trial.outcome for trial in found]


def test_a_crash_costs_one_model(tmp_path: Path, prepared: Prepared) -> None:
    contents = ["supported", "crash", "refused", "crash", "crash", "failed"]
    expected = ["supported", "crashed", "refused", "crashed", "crashed", "failed"]
    assert trials(tmp_path, prepared, contents, workers=1) == expected


def test_a_hang_costs_one_model(tmp_path: Path, prepared: Prepared) -> None:
    assert trials(tmp_path, prepared, ["supported", "hang", "supported"], workers=1) == [
        "supported",
        "timed-out",
        "supported",
    ]


def test_the_order_is_kept_over_several_workers(tmp_path: Path, prepared: Prepared) -> None:
    assert trials(tmp_path, prepared, ["supported", "refused", "failed"]) == ["supported", "refused", "failed"]


def test_a_worker_that_cannot_start_is_said_to_be_so(
    tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops, "_WORKER", tmp_path / "none.py")
    model = tmp_path / "a.onnx"
    model.write_text("supported")
    scratch = tmp_path / "scratch"
    (found,) = try_models(prepared, Path(sys.executable), [model], scratch=scratch, workers=1, timeout_s=1.0)
    assert found.outcome == "failed"
    assert "could not start" in found.message


def test_counts_go_from_best_to_worst() -> None:
    found = [Trial("a", "crashed", ""), Trial("b", "supported", ""), Trial("c", "supported", "")]
    assert list(counts(found).items()) == [("supported", 2), ("crashed", 1)]


def test_reasons_leave_out_places_in_sources() -> None:
    message = "In node 0 with name:  and operator: Det (parse): UNSUPPORTED_NODE: Assertion failed: x: no importer"
    assert reason(message) == "x: no importer"
    assert (
        reason("node 0 and operator: Det (parse): UNSUPPORTED_NODE: Assertion failed: false") == "operator Det: false"
    )


def test_the_board_lists_what_differs_between_releases() -> None:
    found = {
        "tensorrt-rtx 1.6.1": [Trial("x/a.onnx", "refused", "why"), Trial("x/b.onnx", "refused", "why")],
        "tensorrt-rtx 1.7.1": [Trial("x/a.onnx", "supported", ""), Trial("x/b.onnx", "refused", "why")],
    }
    board = Board(
        format=1,
        onnx="1.18",
        models=2,
        releases={release: counts(row) for release, row in found.items()},
        seconds=dict.fromkeys(found, 1.0),
        skipped={},
        rows=scoreboard._rows(found),
    )
    text = scoreboard.text(board)
    assert "1 models differ between releases" in text
    assert "why, tensorrt-rtx 1.6.1:\n     2 refused: why\n" in text
    assert "a: tensorrt-rtx 1.6.1 refused, tensorrt-rtx 1.7.1 supported" in text
    assert scoreboard.ends_well(board)


def test_a_missing_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="name an ONNX model"):
        main(["api", "ops", str(tmp_path / "none.onnx"), "--out", str(tmp_path)])
