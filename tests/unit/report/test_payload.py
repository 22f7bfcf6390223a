from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.report import payload
from tests import sample

HOSTILE = "</script><script>alert(1)</script>\u2028\u2029\u202e\x1b[31m<!--&"


def test_json_cannot_leave_its_element(tmp_path: Path) -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    cell = replace(cell, cases=[replace(cell.cases[0], reason=HOSTILE, metrics={HOSTILE: 1.0})])
    text = payload.embedded([cell], tmp_path)
    assert not set("<>&\u2028\u2029\u202e\x1b") & set(text)
    reason = "</script><script>alert(1)</script>\\u2028\\u2029\\u202e\\x1b[31m<!--&"
    table = json.loads(text)["table"]
    assert reason in table
    assert {reason: 1.0} in table


def test_what_repeats_stands_once(tmp_path: Path) -> None:
    data = payload.payload(sample.many(1000).cells, tmp_path)
    commands = [value for value in data["table"] if isinstance(value, str) and value.startswith("trt-matrix run")]
    assert commands == [f"trt-matrix run --only {payload.CELL}::{payload.CASE}"]


def test_a_row_has_all_fields(tmp_path: Path) -> None:
    data = payload.payload([sample.rtx_cell("1.7.1", "12.9")], tmp_path)
    rows = data["cells"]["trtrtx1.7.1-cuda12.9-wheels"]
    assert {len(row) for row in rows} == {len(data["fields"])}
    assert data["table"][rows[0][0]] == "retinaface-mnet025-640.onnx.fp32.sm86"


def test_excerpts_stop_where_the_page_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "_EXCERPT_BUDGET", 8_000)
    results = sample.results()
    sample.write_evidence(results, tmp_path)
    data = payload.payload(results.cells, tmp_path)
    rows = [row for rows in data["cells"].values() for row in rows]
    excerpts = [data["table"][row[-1]] for row in rows if row[-1] not in (None, -1)]
    assert 8_000 <= sum(map(len, excerpts)) < 10_000
    assert {data["outcomes"][row[1]] for row in rows if row[-1] == -1} == {"passed"}
