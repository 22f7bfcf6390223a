from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main, main_outer
from harness.errors import Exit, UsageError
from harness.history import store, writer
from tests import nights


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Three nights; the last one breaks."""
    with store.opened(tmp_path / store.FILE) as database:
        for day, outcome in enumerate(("passed", "passed", "failed")):
            writer.add(database, nights.simple(day, outcome), None)
    return tmp_path


def test_the_newest_two_by_default(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--out", str(out)]) == Exit.UNEXPECTED
    text = capsys.readouterr().out
    assert "Newly broken (1)" in text
    assert "! trtrtx1.7.1-cuda12.9-wheels / retina.onnx.fp16-typed.sm86" in text


def test_no_worsening_is_0(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "2026-01-01", "2026-01-02", "--out", str(out)]) == Exit.OK
    assert "no difference; 1 cases compared" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fail_on", "status"), [("never", Exit.OK), ("latency", Exit.OK), ("latency,broken", Exit.UNEXPECTED)]
)
def test_fail_on(out: Path, fail_on: str, status: Exit) -> None:
    assert main(["compare", "--out", str(out), "--fail-on", fail_on]) == status


def test_json_has_every_change(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "--out", str(out), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "trt-matrix/comparison/1"
    assert [change["kind"] for change in found["changes"]] == ["broken"]


def test_two_folders_need_no_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [nights.written(nights.simple(day), tmp_path) for day in range(2)]
    assert main(["compare", *map(str, folders), "--out", str(tmp_path)]) == Exit.OK
    assert not (tmp_path / store.FILE).exists()


def test_a_history_that_cannot_be_read_is_no_worsening(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / store.FILE).write_bytes(b"no database" * 500)
    assert main_outer(["compare", "--out", str(tmp_path)]) == Exit.USAGE
    assert "is damaged" in capsys.readouterr().err


def test_no_history_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        main(["compare", "--out", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["--fail-on", "everything"], ["--tolerance", "latency"], ["--tolerance", "x=-1%"]])
def test_bad_options(out: Path, words: list[str]) -> None:
    with pytest.raises(SystemExit, match="4"):
        main_outer(["compare", "--out", str(out), *words])
