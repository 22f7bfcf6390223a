from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from harness.analysis.case_changes import Side
from harness.cli import build_parser
from harness.commands.repeating import Asked, Made, commands
from harness.evidence.records import CaseRecord
from harness.history.resolve import Source
from harness.versions import Release
from tests import nights

RELEASES = (Release.parse("tensorrt-rtx 1.6.1"), Release.parse("tensorrt-rtx 1.7.1"))
CELLS = ("trtrtx1.6.1-cuda12.9-wheels", "trtrtx1.7.1-cuda12.9-wheels")
MATRIX = """version: 1
grids:
  - {flavour: tensorrt-rtx, environment: wheels, targets: [sm86], axes: {version: [VERSIONS], cuda: ["12.9"]}}
subjects: [{name: retina, model: retinaface, routes: [onnx], recipes: [fp16-typed]}]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def matrix(file: Path, *versions: str) -> str:
    file.parent.mkdir(exist_ok=True)
    file.write_text(MATRIX.replace("VERSIONS", ", ".join(f'"{version}"' for version in versions)), encoding="utf-8")
    return str(file)


def made(version: str, case: CaseRecord, file: str = "", folder: Path | None = None) -> Made:
    cell = nights.cell(version, [case])
    return Made(Side(version, nights.run([cell])), {(cell.id, case.id): Source("run", folder, file)})


def told(asked: Asked, first: Made, second: Made) -> list[list[str]]:
    """Each command in words; all of them are ones that the parser takes."""
    lines = commands(first, second, RELEASES, asked)
    for words in (shlex.split(line)[1:] for line in lines if not line.startswith("#")):
        assert build_parser(words).parse_args(words).command == words[0]
    return [line.split() if line.startswith("#") else shlex.split(line) for line in lines]


def test_the_default_matrix_is_not_named(here: Path) -> None:
    matrix(here / "matrix.yaml", "1.6.1", "1.7.1")
    asked = Asked(Path("matrix.yaml"), Path("reports/out"))
    run, compare, triage = told(asked, made("1.6.1", nights.case()), made("1.7.1", nights.case()))
    assert run == ["trt-matrix", "run", "--only", CELLS[0], "--only", CELLS[1]]
    assert compare == ["trt-matrix", "compare", "tensorrt-rtx 1.6.1", "tensorrt-rtx 1.7.1"]
    assert triage == ["trt-matrix", "triage", "--from", "tensorrt-rtx 1.6.1", "--to", "tensorrt-rtx 1.7.1"]


def test_another_matrix_and_place_are_named_in_each_command(here: Path) -> None:
    matrix(here / "my own/m.yaml", "1.6.1", "1.7.1")
    asked = Asked(Path("my own/m.yaml"), Path("out"), "h.sqlite", (Path("a.py"),), url="https://x.org")
    run, compare, triage = told(asked, made("1.6.1", nights.case()), made("1.7.1", nights.case()))
    options = ["--matrix", "my own/m.yaml", "--out", "out", "--history", "h.sqlite"]
    assert run[-6:] == compare[-6:] == options
    assert triage[6:] == [*options, "--url", "https://x.org", "--code", "a.py"]


def test_each_cell_is_run_by_the_matrix_that_has_it(here: Path) -> None:
    matrix(here / "matrix.yaml", "1.7.1")
    file = matrix(here / "old.yaml", "1.6.1")
    asked = Asked(Path("matrix.yaml"), Path("reports/out"))
    first, second, *_ = told(asked, made("1.6.1", nights.case(), file), made("1.7.1", nights.case(), "gone.yaml"))
    assert first == ["trt-matrix", "run", "--only", CELLS[0], "--matrix", file]
    assert second == ["trt-matrix", "run", "--only", CELLS[1]]


def test_a_cell_that_no_file_has_any_more_is_a_comment(here: Path) -> None:
    matrix(here / "matrix.yaml", "1.7.1")
    asked = Asked(Path("matrix.yaml"), Path("reports/out"))
    run, comment, *_ = told(asked, made("1.6.1", nights.case()), made("1.7.1", nights.case()))
    assert run == ["trt-matrix", "run", "--only", CELLS[1]]
    assert comment[:2] == ["#", CELLS[0]]


def test_a_release_without_a_cell_is_not_compared_yet(here: Path) -> None:
    matrix(here / "matrix.yaml", "1.7.1")
    asked = Asked(Path("matrix.yaml"), Path("reports/out"))
    run, comment, triage = told(asked, Made(Side("old", nights.run([]))), made("1.7.1", nights.case()))
    assert (run[1], triage[1]) == ("run", "triage")
    assert " ".join(comment).startswith("# tensorrt-rtx 1.6.1 has no cell: add one")


def test_the_broken_case_is_taken_from_its_own_run(here: Path) -> None:
    (here / "model.onnx").touch()
    case = nights.case(outcome="failed")
    cell = here / "run" / "evidence" / CELLS[1]
    cell.mkdir(parents=True)
    job = {"cases": [{"id": case.id, "model": str(here / "model.onnx")}]}
    (cell / "job.json").write_text(json.dumps(job), encoding="utf-8")
    second = made("1.7.1", case, folder=here / "run")
    asked = Asked(Path("matrix.yaml"), Path("out"))
    run = second.side.results.run.id
    name = f"{CELLS[1]}::{case.id}"
    last = told(asked, made("1.6.1", nights.case()), second)[-1]
    assert last == ["trt-matrix", "repro", name, "--run", run, "--out", "out"]
    (here / "model.onnx").unlink()
    last = told(asked, made("1.6.1", nights.case()), second)[-1]
    assert last == ["trt-matrix", "show", name, "--run", run, "--out", "out"]
