from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from harness.cli import main
from harness.errors import UsageError
from harness.evidence.records import Outcome
from harness.history import reread, store, writer
from harness.report import write
from tests import sample

CELL = "trtrtx1.6.1-cuda12.9-wheels"
CASE = "retinaface-mnet025-640.onnx.int8-qdq.sm86"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / sample.RUN_ID
    folder.mkdir()
    sample.write_evidence(sample.results(), folder)
    write.write_all(sample.results(), folder)
    (tmp_path / "latest").symlink_to(sample.RUN_ID)
    return tmp_path


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("", "148 planned, 100 executed"),
        (sample.RUN_ID, "148 planned, 100 executed"),
        (CELL, "4 failed, 12 passed"),
        (f"{CELL}::{CASE}", "failed at build"),
    ],
)
def test_shows_a_run_a_cell_and_a_case(out: Path, capsys: pytest.CaptureFixture[str], what: str, shown: str) -> None:
    assert main(["show", *([what] if what else []), "--out", str(out)]) == 0
    assert shown in capsys.readouterr().out


def test_json_is_the_record(out: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["show", f"{CELL}::{CASE}", "--json", "--out", str(out)]) == 0
    assert json.loads(capsysbinary.readouterr().out)["outcome"] == "failed"


@pytest.mark.parametrize(
    ("what", "near"),
    [
        ("trtrtx1.6-cuda12.9-wheels", f"run or cell .* did you mean {CELL}"),
        (f"{CELL}::retinaface-mnet025-640.onnx.int8.sm86", f"case .* did you mean .*{CASE}"),
        ("2026-11-23T08-00-00Z-1a2c", f"did you mean {sample.RUN_ID}"),
        (f"nowhere::{CASE}", "cell 'nowhere' is not in run"),
    ],
)
def test_an_unknown_name_gets_the_nearest(out: Path, what: str, near: str) -> None:
    with pytest.raises(UsageError, match=near):
        main(["show", what, "--out", str(out)])


def test_what_was_said_before_stands_under_a_case(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = sample.results()
    cells = [
        msgspec.structs.replace(
            cell, cases=[msgspec.structs.replace(case, outcome=Outcome.WARNED, findings=[]) for case in cell.cases]
        )
        for cell in results.cells
    ]
    with store.opened(out / store.FILE) as database:
        writer.add(database, msgspec.structs.replace(results, cells=cells), None)
        reread.replace(database, results, None)
    main(["show", f"{CELL}::{CASE}", "--out", str(out)])
    told = capsys.readouterr().out
    assert "failed at build" in told
    assert "UTC  warned; no finding" in told.partition("before its evidence was read again:")[2]


def test_a_history_that_cannot_be_read_is_told_under_the_case(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (out / store.FILE).write_bytes(b"no database" * 500)
    assert main(["show", f"{CELL}::{CASE}", "--out", str(out)]) == 0
    assert "earlier verdicts are not known: history " in capsys.readouterr().out


def test_without_a_link_the_latest_is_the_newest_that_is_there(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (out / "latest").unlink()
    assert main(["show", "--out", str(out)]) == 0
    assert "148 planned, 100 executed" in capsys.readouterr().out


def test_report_writes_the_pages_again(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = out / sample.RUN_ID / "index.html"
    # The evidence is judged again: what the same rules make of it twice is the same.
    assert main(["report", "--json", "--out", str(out)]) == 0
    capsys.readouterr()
    before = page.read_bytes()
    page.unlink()
    assert main(["report", "--json", "--out", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["index"] == str(page)
    assert page.read_bytes() == before


def test_report_prints_the_table(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", sample.RUN_ID, "--out", str(out)]) == 0
    assert capsys.readouterr().out.endswith(f"Report: {out / sample.RUN_ID / 'index.html'}\n")


def test_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="make one with 'trt-matrix run'"):
        main(["report", "--out", str(tmp_path)])
