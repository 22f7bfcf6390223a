"""Nights of real builds: the release moves, one weights file gets worse, and each command names that night."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.errors import Exit
from tools.scripted_month import FIRST, run_night

pytestmark = pytest.mark.cell
NIGHTS, WORSE = 6, 4


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("month")
    for night in range(1, NIGHTS + 1):
        results = run_night(night, NIGHTS, folder, WORSE)
        assert results.counts.executed == results.counts.planned
    return folder / "out"


def date(night: int) -> str:
    return f"{FIRST.year}-{FIRST.month:02}-{FIRST.day + night - 1:02}"


def test_the_comparison_fails_on_that_night_alone(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ends = {night: main(["compare", date(night - 1), date(night), "--out", str(out)]) for night in range(2, NIGHTS + 1)}
    assert [night for night, end in ends.items() if end == Exit.UNEXPECTED] == [WORSE]
    text = capsys.readouterr().out
    assert "fp16.below_blobs" in text
    assert "the model's weights (their own audit differs): face-a" in text


def test_the_search_finds_the_night(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", date(WORSE - 1), date(WORSE), "--out", str(out), "--json"])
    changes = json.loads(capsys.readouterr().out)["changes"]
    before = next(change["before"] for change in changes if change["name"] == "fp16.below_blobs")
    words = ["search", "--nights", "--case", "face-a.onnx.fp16-typed.*", "--above", f"fp16.below_blobs={before:g}"]
    assert main([*words, "--out", str(out)]) == Exit.OK
    text = capsys.readouterr().out
    assert f"first bad {date(WORSE)} (last good {date(WORSE - 1)})" in text
    assert "first seen in trtrtx1.6.1-cuda12.9-wheels" in text
    assert "changed with it: the model's weights" in text


def test_the_dashboard_names_the_night_and_the_change(out: Path) -> None:
    assert main(["dashboard", "--out", str(out)]) == Exit.OK
    text = (out / "dashboard/index.html").read_text(encoding="utf-8")
    assert "the model&#39;s weights" in text
    assert f"1.6.1 → 1.7.1</b> on {date(5)}" in text
    step = next(row for row in text.split("<tr>") if "fp16.below_blobs" in row and "worse" in row)
    assert date(WORSE) in step
    assert "face-a.onnx" in step
    assert "face-b.onnx" not in step


def test_every_sentence_of_the_upgrade_page_has_its_evidence(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["triage", "--from", "tensorrt-rtx", "1.5.0", "--to", "tensorrt-rtx", "1.7.1", "--out", str(out)]
    assert main([*words, "--json"]) == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert "the model's weights differ in 2 of the cases" in found["summary"]
    statements = [statement for section in found["sections"] for statement in section["statements"]]
    assert statements
    for statement in [found, *found["sections"], *statements]:
        assert statement.get("proofs") or statement["sources"]
        for proof in statement.get("proofs", []):
            assert (out / proof["run"] / proof.get("path", "")).exists()
