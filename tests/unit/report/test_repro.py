from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import InputError, UsageError
from harness.evidence.records import Results
from harness.history import store, writer
from harness.report import repro
from tests import nights

CELL, CASE = "trtrtx1.7.1-cuda12.9-wheels", "retina.onnx.fp16-typed.sm86"
RUN = nights.simple(outcome="failed", reason="no kernel; see /home/jane/log", evidence=f"evidence/{CELL}/{CASE}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run with a job that names a model."""
    made = nights.written(RUN, tmp_path, log="[E] opened /home/jane/secret.onnx with TOKEN=abc\n")
    model = tmp_path / "models" / "model.onnx"
    model.parent.mkdir()
    model.write_bytes(b"onnx")
    job = {
        "libraries": ["/env/libtensorrt_rtx.so.1.7.1"],
        "module": "tensorrt_rtx_bindings",
        "cases": [{"id": CASE, "model": str(model)}],
    }
    (made / f"evidence/{CELL}/job.json").write_text(json.dumps(job), encoding="utf-8")
    return made


def subject(folder: Path, words: str = f"{CELL}::{CASE}", results: Results = RUN) -> repro.Subject:
    return repro.find(results, folder, words)


def test_holds_all_that_repeats_it(folder: Path, tmp_path: Path) -> None:
    made = repro.write(subject(folder), tmp_path / "repro")
    assert sorted(path.name for path in made.iterdir()) == [
        "README.md",
        "model.onnx",
        "repro.py",
        "requirements.txt",
        "tensorrt.log",
    ]
    script = ast.parse((made / "repro.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(script) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"ctypes", "importlib", "os", "site", "sys", "time"}


def test_a_reused_case_is_made_from_the_run_that_executed_it(folder: Path, tmp_path: Path) -> None:
    later = nights.simple(1, "failed", evidence=f"evidence/{CELL}/{CASE}", reused_from=folder.name)
    newer = nights.written(later, tmp_path)
    assert repro.possible(subject(newer, results=later))
    assert (repro.write(subject(newer, results=later), tmp_path / "repro") / "model.onnx").read_bytes() == b"onnx"


def test_other_releases_are_told_from_the_history(folder: Path, tmp_path: Path) -> None:
    with store.opened(tmp_path / store.FILE) as database:
        for day, (version, outcome) in enumerate((("1.6.1", "failed"), ("1.6.1", "passed"), ("1.5.0", "not-run"))):
            writer.add(database, nights.simple(day, outcome, version), None)
        writer.add(database, nights.simple(5, "failed"), None)
    words = ["repro", f"{CELL}::{CASE}", "--run", str(folder), "--out", str(tmp_path), "--to", str(tmp_path / "repro")]
    assert main(words) == 0
    text = (tmp_path / "repro/README.md").read_text(encoding="utf-8")
    assert "**Have you tried the latest release?**: tensorrt-rtx 1.6.1: passed\n" in text


def test_says_nothing_of_who_made_it(folder: Path, tmp_path: Path) -> None:
    made = repro.write(subject(folder), tmp_path / "repro")
    for path in (path for path in made.iterdir() if path.suffix != ".onnx"):
        text = path.read_text(encoding="utf-8")
        assert "jane" not in text
        assert "abc" not in text


def test_nvidias_fields_are_filled_in(folder: Path, tmp_path: Path) -> None:
    text = (repro.write(subject(folder), tmp_path / "repro") / "README.md").read_text(encoding="utf-8")
    assert "**TensorRT Version**: tensorrt-rtx 1.7.1" in text
    assert "**NVIDIA GPU**: none (built for sm86 without a device)" in text


def test_the_report_says_how_other_releases_ended(folder: Path, tmp_path: Path) -> None:
    other = nights.cell("1.6.1", [nights.case()])
    both = nights.run([*RUN.cells, other, nights.cell("1.5.0", [nights.case(outcome="not-run")])])
    text = (repro.write(subject(folder, results=both), tmp_path / "repro") / "README.md").read_text(encoding="utf-8")
    assert "latest release?**: tensorrt-rtx 1.6.1: passed\n" in text


def test_a_case_may_be_named_alone_where_it_is_one(folder: Path) -> None:
    assert subject(folder, CASE).cell.id == CELL
    with pytest.raises(UsageError, match="is not in run"):
        subject(folder, "nothing")


def test_a_model_that_is_gone_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "models/model.onnx").unlink()
    with pytest.raises(InputError, match="no longer there"):
        repro.write(subject(folder), tmp_path / "repro")
    assert not (tmp_path / "repro").exists()


def test_a_folder_in_use_is_left_alone(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not empty"):
        repro.write(subject(folder), tmp_path)


def test_what_the_script_cannot_do_is_refused(folder: Path, tmp_path: Path) -> None:
    other = nights.run([nights.cell(cases=[nights.case("retina.plugin.int8-calibrated.device", "failed")])])
    with pytest.raises(UsageError, match="needs this project"):
        repro.write(subject(folder, "retina.plugin.int8-calibrated.device", other), tmp_path / "repro")
