from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main_outer
from harness.errors import Exit
from harness.evidence.records import Host

TEXT = """\
version: 1
grids:
  - flavour: tensorrt
    environment: docker
    include: [{version: "8.6.1", source: "ngc:24.01-py3"}]
subjects:
  - name: face
    model: retinaface
    options: {backbone: mobilenet0.25, size: 640, weights: "seed:7"}
    routes: [onnx]
    recipes: [fp32, fp16-typed]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bare host, and a folder with a matrix."""
    bare = Host(os="Debian", machine="x86_64", cores=2, memory_bytes=1, python="3.11")
    monkeypatch.setattr("harness.commands.plan.detect", lambda: bare)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "matrix.yaml").write_text(TEXT)
    return tmp_path


def test_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main_outer(["plan"]) == Exit.OK
    assert "1 cell, 2 cases: 0 in 0 cells run here, 1 not applicable, 1 not run" in capsys.readouterr().out


def test_prints_json_in_the_shape_of_results(capsys: pytest.CaptureFixture[str]) -> None:
    assert main_outer(["plan", "--json", "-k", "fp32"]) == Exit.OK
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == "trt-matrix/results/1"
    assert printed["run"]["finished"] == ""
    assert [case["id"] for cell in printed["cells"] for case in cell["cases"]] == ["face.onnx.fp32.device"]


def test_prints_a_github_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    assert main_outer(["plan", "--format", "github"]) == Exit.OK
    assert capsys.readouterr().out.startswith('chunks=1\nmatrix_0={"include":[{"cell":"trt8.6.1-')


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["-k", "nothing"], Exit.NOTHING_SELECTED, "nothing is selected"),
        (["-k", "(a"], Exit.USAGE, "a parenthesis is not closed"),
        (["--only", "trt8.6.1"], Exit.USAGE, "near to it: trt8.6.1-cuda12.3-ubuntu22.04"),
        (["--rerun-failed"], Exit.NOTHING_SELECTED, "there is no earlier run"),
        (["--matrix", "none.yaml"], Exit.USAGE, "none.yaml: there is no such file"),
    ],
)
def test_exit_codes(words: list[str], code: Exit, error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main_outer(["plan", *words]) == code
    assert error in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("size: 640", "size: 650", "matrix.yaml:9:46: subject face: 650 is not a multiple of 32"),
        ("size:", "sizes:", "matrix.yaml:9:40: subject face: retinaface has no option 'sizes'; did you mean size?"),
        (', weights: "seed:7"', "", "matrix.yaml:9:14: subject face: retinaface needs the option weights"),
        (
            'retinaface\n    options: {backbone: mobilenet0.25, size: 640, weights: "seed:7"}\n    routes: [onnx]',
            "onnx\n    options: {path: a.onnx}\n    routes: [plugin]",
            "matrix.yaml:10:14: subject face: an ONNX file has no route plugin; the one it has is onnx",
        ),
    ],
)
def test_subjects_are_checked_where_they_stand(
    here: Path, old: str, new: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in TEXT
    (here / "matrix.yaml").write_text(TEXT.replace(old, new))
    assert main_outer(["plan"]) == Exit.USAGE
    assert error in capsys.readouterr().err
