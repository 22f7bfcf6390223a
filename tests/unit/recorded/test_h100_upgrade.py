"""From TensorRT 8.6.1 to 10.6.0 on an H100, as the product tells it from both recordings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness import cli
from harness.report import results_file

FIXED = {
    "retinaface-mnet025-320.plugin.int8-calibrated.device",
    "retinaface-mnet025-320-v2.plugin.int8-calibrated.v2.device",
    "retinaface-mnet025-320-edge.plugin.int8-calibrated.fp32edge.device",
}
QUANTISED = "retinaface-mnet025-320.onnx.int8-qdq.device"


@pytest.fixture(scope="module")
def both(recorded: Path, newer: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder of runs with both recordings under their own names, and these names."""
    out = tmp_path_factory.mktemp("both")
    names = []
    for run in (recorded / "run-7", newer / "run-2"):
        name = results_file.read(run / "results.json").run.id
        (out / name).mkdir()
        shutil.copy(run / "results.json", out / name)
        names.append(name)
    return out, names[0], names[1]


def test_compare_tells_the_cure(both: tuple[Path, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    out, before, after = both
    cli.main(["compare", str(out / before), str(out / after), "--out", str(out), "--json"])
    told = json.loads(capsys.readouterr().out)
    fixed = {change["case"]: change["text"] for change in told["changes"] if change["kind"] == "fixed"}
    assert fixed.keys() == FIXED | {QUANTISED}
    for case in FIXED:
        assert "plugin-scale-assert" in fixed[case]


@pytest.fixture
def places(both: tuple[Path, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Options that name a history of both, and a matrix whose prefixes are not on this machine."""
    out, before, after = both
    history, matrix = str(tmp_path / "history.sqlite"), tmp_path / "matrix.yaml"
    cli.main(["import", str(out / before), str(out / after), "--out", str(out), "--history", history])
    capsys.readouterr()
    text = (Path(__file__).parents[3] / "tools" / "gpu-session.yaml").read_text(encoding="utf-8")
    filled = {
        "LEVEL": "1",
        "PYTHON": "3.11",
        "OLD": "/nowhere/old",
        "NEWER": "10.6.0",
        "CUDA": "12.6",
        "NEW": "/nowhere/new",
    }
    for word, value in filled.items():
        text = text.replace(f"@{word}@", value)
    matrix.write_text(text, encoding="utf-8")
    return ["--matrix", str(matrix), "--out", str(tmp_path), "--history", history]


def test_triage_tells_the_cure_from_the_history(places: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["triage", "--from", "8.6.1", "--to", "10.6.0", "--markdown", *places])
    text = capsys.readouterr().out
    cured = text.split("### Fixed")[1].split("###")[0]
    assert "plugin-scale-assert) → warned: 3 cases" in cured
    assert "Builder.max\\_batch\\_size was removed in TensorRT 10: 3 cases" in text.split("### Will not run")[1]
    # The older run has no case of BF16, FP8, typed FP16, heads in FP32 or seeded weights.
    assert "newly: " not in text
    assert "- in no run of tensorrt 8.6.1: 16 cases" in text.split("### Not known yet")[1]


def test_search_tells_the_first_good_release_where_neither_can_run(
    places: list[str], both: tuple[Path, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, before, after = both
    case = "retinaface-mnet025-320.plugin.int8-calibrated.device"
    cli.main(["search", "--case", case, "--finding", "plugin-scale-assert", *places])
    text = capsys.readouterr().out
    assert "first good trt10.6.0-cuda12.6-prefix (last bad trt8.6.1-cuda12.0-prefix)" in text
    assert before in text
    assert after in text
