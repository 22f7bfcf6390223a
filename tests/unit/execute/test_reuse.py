from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments import Prepared
from harness.evidence.records import CaseRecord, Host, Outcome, Stage
from harness.execute.reuse import ReuseIndex, case_key, environment_key, link_evidence
from tests.unit.execute.sample import CASE, CELL

HOST = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7")
RECORD = CaseRecord(
    id=CASE.id,
    subject="s",
    route="onnx",
    recipe="fp32",
    target="sm86",
    stage=Stage.BUILD,
    outcome=Outcome.PASSED,
    key="ab" * 32,
)


def key(**changes: object) -> str:
    arguments = {
        "case": CASE,
        "environment": "e",
        "model": "m",
        "expected": "tensorrt-rtx 1.7.1",
        "host": HOST,
    } | changes
    return case_key(arguments.pop("case"), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"environment": "other"},
        {"model": "other"},
        {"expected": "tensorrt-rtx 1.6.1"},
        {"case": replace(CASE, target="sm89")},
        {"case": replace(CASE, variant="naive")},
    ],
)
def test_key_changes_with_all_that_could_change_the_evidence(change: dict[str, object]) -> None:
    assert key(**change) != key()


def test_key_names_the_gpu_only_where_one_is_used() -> None:
    other = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7", driver="580")
    assert key(host=other) == key()
    device = replace(CASE, target="device")
    assert key(case=device, host=other) != key(case=device)


def test_a_swapped_library_changes_the_environment(tmp_path: Path) -> None:
    library = tmp_path / "lib.so"
    library.write_text("one")
    prepared = Prepared(CELL, "digest", (str(library),), "m")
    before = environment_key(prepared)
    library.write_text("other")
    assert environment_key(prepared) != before


def test_finds_what_was_put_while_its_evidence_is_there(tmp_path: Path) -> None:
    index = ReuseIndex(tmp_path / "cases", tmp_path)
    index.put("run1", CELL.id, RECORD)
    assert index.find(RECORD.key) is None
    evidence = tmp_path / "run1" / "evidence" / CELL.id / CASE.id
    evidence.mkdir(parents=True)
    (evidence / "events.jsonl").write_text("{}")
    stored = index.find(RECORD.key)
    assert stored is not None
    assert (stored.run, stored.case) == ("run1", RECORD)


def test_a_damaged_entry_counts_as_absent(tmp_path: Path) -> None:
    index = ReuseIndex(tmp_path / "cases", tmp_path)
    index.put("run1", CELL.id, RECORD)
    (tmp_path / "cases" / f"{RECORD.key}.json").write_text('{"run": "run1"')
    assert index.find(RECORD.key) is None


def test_linked_evidence_outlives_its_source(tmp_path: Path) -> None:
    source = tmp_path / "a"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "log").write_text("x")
    link_evidence(source, tmp_path / "b")
    (source / "deep" / "log").unlink()
    assert (tmp_path / "b" / "deep" / "log").read_text() == "x"
