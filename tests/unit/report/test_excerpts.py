from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.evidence.records import CaseRecord, EvidencePlace
from harness.report.excerpts import excerpt
from tests import sample


@pytest.fixture
def case() -> CaseRecord:
    return sample.rtx_case("cell", sample.SUBJECTS[0], "int8-qdq", "sm86", "1.6.1")


def put_log(folder: Path, case: CaseRecord, text: str | bytes) -> None:
    place = folder / case.evidence
    place.mkdir(parents=True)
    (place / "tensorrt.log").write_bytes(text.encode() if isinstance(text, str) else text)


def test_shows_the_lines_around_a_finding(tmp_path: Path, case: CaseRecord) -> None:
    put_log(tmp_path, case, sample.log_of(case))
    lines = excerpt(tmp_path, case).split("\n")
    assert lines[0].strip() == "..."
    assert lines[1].split()[0] == "27"
    assert lines[5] == "   31  [E] Assertion scales.size() == 1 failed"
    assert lines[-1].split()[0] == "37"


def test_shows_the_end_where_no_line_is_named(tmp_path: Path, case: CaseRecord) -> None:
    put_log(tmp_path, case, "".join(f"line {number}\n" for number in range(1, 31)))
    lines = excerpt(tmp_path, replace(case, findings=[])).split("\n")
    assert (lines[1], lines[-1]) == ("   19  line 19", "   30  line 30")


def test_a_gigantic_log_is_not_read_whole(tmp_path: Path, case: CaseRecord) -> None:
    put_log(tmp_path, case, b"x" * 5_000_000 + b"\nthe end\n")
    assert excerpt(tmp_path, replace(case, findings=[])).endswith("the end")
    assert len(excerpt(tmp_path, replace(case, findings=[]))) < 1000


def test_hostile_bytes_become_visible(tmp_path: Path, case: CaseRecord) -> None:
    put_log(tmp_path, case, b"\x1b]0;owned\x07 \xff\xe2\x80\xae\r\n")
    assert excerpt(tmp_path, replace(case, findings=[])) == "    1  \\x1b]0;owned\\x07 \ufffd\\u202e"


@pytest.mark.parametrize("evidence", ["../outside", "/etc", "evidence/link"])
def test_nothing_outside_of_the_run_is_read(tmp_path: Path, case: CaseRecord, evidence: str) -> None:
    run, outside = tmp_path / "run", tmp_path / "outside"
    (run / "evidence").mkdir(parents=True)
    outside.mkdir()
    (outside / "tensorrt.log").write_text("secret")
    (run / "evidence" / "link").symlink_to(outside)
    assert excerpt(run, replace(case, evidence=evidence, findings=[])) == ""


def test_a_line_beyond_the_log_shows_nothing(tmp_path: Path, case: CaseRecord) -> None:
    put_log(tmp_path, case, "only\n")
    finding = replace(case.findings[0], evidence=[EvidencePlace(file="x", line=99)])
    assert excerpt(tmp_path, replace(case, findings=[finding])) == ""


def test_no_log_is_no_excerpt(tmp_path: Path, case: CaseRecord) -> None:
    assert excerpt(tmp_path, case) == ""
