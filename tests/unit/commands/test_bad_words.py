"""What a command answers to words that it cannot use: one line that helps, and the right exit code."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from harness import cli
from harness.commands.fetch import add_arguments as add_fetch_arguments
from harness.environments import connection
from harness.errors import Exit, NothingSelected
from harness.history import record
from harness.report import write
from tests import sample

MATRIX = """\
version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    targets: [sm86]
    axes: {version: ["1.7.1"], cuda: ["12.9"]}
subjects:
  - name: retinaface-mnet025-320
    model: retinaface
    options: {backbone: mobilenet0.25, size: 320, weights: reference}
    routes: [onnx]
    recipes: [fp32]
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with one run, in its history."""
    folder = tmp_path / "out"
    results = sample.results()
    (folder / results.run.id).mkdir(parents=True)
    write.write_all(results, folder / results.run.id)
    record.record(str(folder / "history.sqlite"), folder, results)
    return folder


def said(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """The exit code and the last line of the answer."""
    capsys.readouterr()
    try:
        code = cli.main_outer(words)
    except SystemExit as ended:  # argparse's own
        code = int(ended.code or 0)
    return code, (capsys.readouterr().err.strip().splitlines() or [""])[-1]


def test_fetch_needs_no_python() -> None:
    parser = argparse.ArgumentParser()
    add_fetch_arguments(parser)
    assert parser.parse_args(["tensorrt", "8.6.1", "--to", "there"]).python is None


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["export", "--to", "/dev/null/there"], "/dev/null/there: cannot be written (Not a directory); name a file"),
        (["compare"], "there is no previous run: the history"),
        (["repro", "nosuch"], "`trt-matrix show CELL` lists the cases of a cell"),
        (["show", "nosuch"], "cells are listed by `trt-matrix show`"),
        (["import", "/dev/null/there"], "there is no such file; name a run's folder or a package"),
        (["dashboard", "--nights", "0"], "'0' is not a number from 1 on"),
    ],
)
def test_the_answer_helps(words: list[str], answer: str, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said([*words, "--out", str(out)], capsys)
    assert (code, answer in line) == (Exit.USAGE, True), line


@pytest.mark.parametrize(("rule", "doubted"), [("fp16-weight-unsaid", True), ("fp16-weights-*", False)])
def test_a_search_for_no_rule_is_doubted(
    rule: str, doubted: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing has such a finding, so every release would be good."""
    matrix = tmp_path / "matrix.yaml"
    matrix.write_text(MATRIX)
    words = ["search", "--case", "*", "--matrix", str(matrix), "--finding", rule, "--dry-run"]
    assert cli.main_outer([*words, "--out", str(tmp_path)]) == Exit.OK
    assert ("no rule is called 'fp16-weight-unsaid'; near to it: fp16-weights-u" in capsys.readouterr().err) == doubted


def test_a_choice_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said(["search", "--case", "*", "--outcome", "bad"], capsys)
    assert code == Exit.USAGE
    assert "'failed', 'timed-out'" in line


@pytest.mark.parametrize("name", ["empty.npz", "noise.npz", "noise.wts"])
def test_a_file_that_is_not_what_it_is_called(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / name
    file.write_bytes(b"" if name.startswith("empty") else b"\x01noise")
    code, line = said(["audit", str(file)], capsys)
    assert code == Exit.USAGE
    assert ("is empty" if name.startswith("empty") else f"does not begin as a {file.suffix} file") in line


@pytest.fixture
def no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_connect", lambda: "no Docker daemon answers")


@pytest.mark.usefixtures("no_daemon")
def test_gc_cleans_what_it_can_without_docker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left = tmp_path / "cache" / "environments" / "staging-left"
    left.mkdir(parents=True)
    assert cli.main_outer(["gc", "--out", str(tmp_path)]) == Exit.OK
    assert not left.exists()
    assert "containers, volumes and images were not looked at" in capsys.readouterr().err


@pytest.mark.usefixtures("no_daemon")
@pytest.mark.parametrize("words", [["gc", "--images"], ["lock", "--check"]])
def test_no_docker_is_no_finding(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, line = said(words, capsys)
    assert code == Exit.USAGE
    assert "no Docker daemon answers" in line


def test_an_empty_log_is_not_called_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "build.log"
    log.touch()
    assert cli.main_outer(["classify", str(log)]) == Exit.OK
    assert capsys.readouterr().out == f"{log}: is empty, so it tells nothing\n"


@pytest.mark.parametrize("content", [None, b"def (:\n", b"\xff\xfe\x00"])
def test_a_check_of_no_file_does_not_end_well(tmp_path: Path, content: bytes | None) -> None:
    """CI must not take it for a check that found nothing."""
    if content is not None:
        (tmp_path / "build.py").write_bytes(content)
    with pytest.raises(NothingSelected, match="no file was checked") as caught:
        cli.main(["api", "check", str(tmp_path), "--to", "11.4"])
    assert caught.value.exit_code == Exit.NOTHING_SELECTED
